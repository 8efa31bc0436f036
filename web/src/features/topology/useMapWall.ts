import { onBeforeUnmount, onMounted, type Ref } from 'vue'
import { problems } from './walk'
import type { Scene } from './scene'

const STAY_MS = 8000

/** On a wall screen the map shows everything, then flies from problem to problem, eight seconds each. */
export function useMapWall(wall: () => boolean, scene: Ref<Scene | null>, stage: () => { fit: () => void, show: (node: number) => void } | null) {
  let timer = 0
  let shown: string | null = null

  function next() {
    const now = scene.value
    if (!wall() || !now) return
    const list = problems(now).map(i => now.nodes[i]!.id)
    const following = list[shown === null ? 0 : list.indexOf(shown) + 1] ?? null
    shown = following
    if (following === null) stage()?.fit()
    else stage()?.show(now.nodes.findIndex(node => node.id === following))
  }
  onMounted(() => { timer = window.setInterval(next, STAY_MS) })
  onBeforeUnmount(() => window.clearInterval(timer))
}
