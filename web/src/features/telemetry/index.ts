export { bandsOf, markersOf } from './bands'
export { eventMark, eventPlace, eventTitle, eventDetail, toTimeline } from './eventWords'
