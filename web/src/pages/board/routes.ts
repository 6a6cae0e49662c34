import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/board',
    name: 'board',
    component: () => import('./Page.vue'),
    meta: {
      title: 'board.title',
      permission: 'board.see',
      nav: { order: 10, icon: 'board', label: 'shell.nav.board' },
    },
  },
] satisfies RouteRecordRaw[]
