import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/desk',
    name: 'desk',
    component: () => import('./Page.vue'),
    meta: { title: 'desk.title', permission: 'desk.use', nav: { order: 20, icon: 'desk', label: 'shell.nav.desk' } },
  },
] satisfies RouteRecordRaw[]
