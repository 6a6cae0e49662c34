import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/customers',
    name: 'customers',
    component: () => import('./Page.vue'),
    meta: {
      title: 'customers.title',
      permission: 'customer.see',
      nav: { order: 30, icon: 'customers', label: 'shell.nav.customers' },
    },
  },
  {
    path: '/customers/:id',
    name: 'customer',
    component: () => import('./CardPage.vue'),
    meta: { title: 'customers.cardTitle', permission: 'customer.see' },
  },
] satisfies RouteRecordRaw[]
