import type { InjectionKey, Ref } from 'vue'

/** The head of the card around a part: a chart puts its legend there. */
export const cardHead: InjectionKey<Ref<HTMLElement | null>> = Symbol('card head')
