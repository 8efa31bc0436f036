export { useJobActs, useJobLive } from './useJobs'
