import { keepPreviousData, QueryClient } from '@tanstack/vue-query'
import { ApiError } from '@/api/problem'

const passing = new Set([0, 502, 503, 504])

/** The cache of everything the server said; the socket writes into it too. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      placeholderData: keepPreviousData,
      retry: (count, error) => count < 2 && error instanceof ApiError && passing.has(error.status),
    },
  },
})
