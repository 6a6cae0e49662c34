import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/denied',
    name: 'denied',
    component: () => import('./Denied.vue'),
    meta: { title: 'shell.denied', watermark: false },
  },
] satisfies RouteRecordRaw[]
