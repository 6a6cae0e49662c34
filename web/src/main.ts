import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { configureApi, setUnreachableText } from './api/client'
import { i18n, translate } from './i18n'
import { router } from './router'
import { useSession } from './stores/session'
import { useUi } from './stores/ui'
import 'element-plus/es/components/base/style/css'
import './styles/tokens.css'
import './styles/element.css'
import './styles/parts.css'

const app = createApp(App).use(createPinia()).use(i18n)

const session = useSession()
useUi()
setUnreachableText(translate('common.unreachable'))
configureApi((problem) => {
  session.lost(problem)
  if (!session.me && !router.currentRoute.value.meta.bare)
    void router.push({ path: '/login', query: { next: router.currentRoute.value.fullPath } })
})

// The page is drawn when it is known who looks at it; a server that is away leaves the log-in page saying so.
void session
  .load()
  .catch(() => {})
  .then(async () => {
    app.use(router)
    // else the frame is drawn for an instant around a page that has none
    await router.isReady()
    app.mount('#app')
  })
