/* Every area brings its own routes (pages/<area>/routes.ts); the menu is made from their meta. */
import { createRouter, createWebHistory } from 'vue-router'
import type { RouteRecordRaw } from 'vue-router'
import type { IconName } from '@/components/icons'
import type { Permission } from '@/api/types'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** locale key of the page's name, shown in the top bar and the tab */
    title: string
    /** who may open it; none: everybody who is logged in */
    permission?: Permission
    /** open without a log-in, drawn without the menu */
    bare?: boolean
    /** pages without customers carry no watermark */
    watermark?: false
    /** a menu entry: place, picture, word (the title's nav key when another word is needed) */
    nav?: { order: number; icon: IconName; label: string }
  }
}

const areas = import.meta.glob<{ default: RouteRecordRaw[] }>('../pages/*/routes.ts', { eager: true })
export const areaRoutes: RouteRecordRaw[] = Object.values(areas).flatMap((m) => m.default)

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', redirect: () => homePath() },
    ...areaRoutes,
    {
      path: '/:rest(.*)*',
      name: 'not-found',
      component: () => import('@/pages/shell/NotFound.vue'),
      meta: { title: 'shell.notFound', watermark: false },
    },
  ],
})

/** The first menu entry this person may open. */
export function homePath(): string {
  const session = useSession()
  if (!session.me) return '/login'
  if (session.me.role === 'agent') return '/desk'
  if (session.me.role === 'inspector') return navRoutes().find((r) => r.path === '/bench')?.path ?? '/desk'
  return navRoutes()[0]?.path ?? '/login'
}

/** Menu entries in order; 坐席 comes first for whoever works at a desk. */
export function navRoutes(): RouteRecordRaw[] {
  const session = useSession()
  return areaRoutes
    .filter((r) => r.meta?.nav && (!r.meta.permission || session.can(r.meta.permission)))
    .sort((a, b) => (a.meta?.nav?.order ?? 0) - (b.meta?.nav?.order ?? 0))
}

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.bare) return true
  if (!session.me) return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (to.meta.permission && !session.can(to.meta.permission) && to.name !== 'denied')
    return { name: 'denied', query: { from: to.fullPath } }
  return true
})
