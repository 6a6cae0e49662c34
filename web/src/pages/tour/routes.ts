import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/tour',
    name: 'tour',
    component: () => import('./Enter.vue'),
    meta: { title: 'shell.nav.tour', bare: true, watermark: false },
  },
] satisfies RouteRecordRaw[]
