import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/bench',
    name: 'bench',
    component: () => import('./Page.vue'),
    meta: {
      title: 'quality.title',
      permission: 'review.do',
      nav: { order: 60, icon: 'bench', label: 'shell.nav.bench' },
    },
  },
] satisfies RouteRecordRaw[]
