import type { RouteRecordRaw } from 'vue-router'

const tab = (
  path: string,
  file: () => Promise<unknown>,
  permission: 'people.edit' | 'trunk.edit' | 'settings.edit' | 'audit.see',
) => ({
  path,
  name: `settings-${path}`,
  component: file,
  meta: { title: 'settings.title', permission, watermark: false as const },
})

export default [
  {
    path: '/settings',
    component: () => import('./Page.vue'),
    meta: {
      title: 'settings.title',
      permission: 'audit.see',
      nav: { order: 90, icon: 'settings', label: 'shell.nav.settings' },
      watermark: false,
    },
    children: [
      {
        path: '',
        name: 'settings',
        component: () => import('./Home.vue'),
        meta: { title: 'settings.title', permission: 'audit.see', watermark: false },
      },
      tab('people', () => import('./PeoplePage.vue'), 'people.edit'),
      tab('units', () => import('./UnitsPage.vue'), 'people.edit'),
      tab('trunks', () => import('./TrunksPage.vue'), 'trunk.edit'),
      tab('rules', () => import('./RulesPage.vue'), 'settings.edit'),
      tab('bans', () => import('./BansPage.vue'), 'settings.edit'),
      tab('sizes', () => import('./SizesPage.vue'), 'settings.edit'),
      tab('certificate', () => import('./CertificatePage.vue'), 'audit.see'),
      tab('audit', () => import('./AuditPage.vue'), 'audit.see'),
    ],
  },
] satisfies RouteRecordRaw[]
