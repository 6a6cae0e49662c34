import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/figures',
    name: 'figures',
    component: () => import('./Page.vue'),
    meta: {
      title: 'figures.title',
      permission: 'figures.see',
      nav: { order: 70, icon: 'figures', label: 'shell.nav.figures' },
    },
  },
] satisfies RouteRecordRaw[]
