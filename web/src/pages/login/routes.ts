import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/login', name: 'login', component: () => import('./Page.vue'), meta: { title: 'login.title', bare: true } },
  {
    path: '/link',
    name: 'link',
    component: () => import('./Link.vue'),
    meta: { title: 'login.linkTitle', bare: true },
  },
] satisfies RouteRecordRaw[]
