import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/tour',
    name: 'tour',
    component: () => import('./Start.vue'),
    meta: { title: 'tour.title', bare: true, watermark: false },
  },
] satisfies RouteRecordRaw[]
