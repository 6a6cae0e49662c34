import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/scripts',
    name: 'scripts',
    component: () => import('./Page.vue'),
    meta: {
      title: 'scripts.title',
      permission: 'script.edit',
      nav: { order: 80, icon: 'scripts', label: 'shell.nav.scripts' },
      watermark: false,
    },
  },
] satisfies RouteRecordRaw[]
