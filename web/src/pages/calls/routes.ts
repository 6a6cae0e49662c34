import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/calls',
    name: 'calls',
    component: () => import('./Page.vue'),
    meta: { title: 'calls.title', permission: 'call.see', nav: { order: 50, icon: 'calls', label: 'shell.nav.calls' } },
  },
] satisfies RouteRecordRaw[]
