import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/lists',
    name: 'lists',
    component: () => import('./Page.vue'),
    meta: {
      title: 'campaigns.title',
      permission: 'campaign.edit',
      nav: { order: 40, icon: 'lists', label: 'shell.nav.lists' },
    },
  },
  {
    path: '/lists/campaigns/:id',
    name: 'campaign',
    component: () => import('./DetailPage.vue'),
    meta: { title: 'campaigns.title', permission: 'campaign.edit' },
  },
] satisfies RouteRecordRaw[]
