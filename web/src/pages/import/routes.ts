import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/lists/imports',
    name: 'imports',
    component: () => import('./Page.vue'),
    meta: { title: 'imports.title', permission: 'import.do' },
  },
  {
    path: '/lists/imports/:id',
    name: 'import',
    component: () => import('./BatchPage.vue'),
    meta: { title: 'imports.title', permission: 'import.do' },
  },
] satisfies RouteRecordRaw[]
