export { alertKeys, useAlertAct, useOpenAlerts } from './useAlerts'
export { byUrgency, tabOf } from './lists'
export { default as ActDialog } from './ActDialog.vue'
