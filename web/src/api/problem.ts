/** One field that the server refused. */
export interface FieldProblem {
  field: string
  code: string
  message: string
  solution?: string | null
}

/** RFC 9457 problem, as every refusal of the API is written. */
export interface Problem {
  type?: string
  code: string
  title: string
  status: number
  detail?: string | null
  instance?: string | null
  request_id?: string | null
  errors?: FieldProblem[]
  cause?: string | null
  solution?: string | null
  retry_after_seconds?: number | null
}

/** What every failed call throws. `status` is 0 when no answer came. */
export class ApiError extends Error {
  readonly problem: Problem
  readonly status: number
  readonly retryAfter: number | null

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.name = 'ApiError'
    this.problem = problem
    this.status = problem.status
    this.retryAfter = problem.retry_after_seconds ?? null
  }

  get code(): string {
    return this.problem.code
  }

  /** Message of the first refused field with this name (`targets` also finds `targets[1]`). */
  field(name: string): FieldProblem | undefined {
    return this.problem.errors?.find((e) => e.field === name || e.field.startsWith(`${name}[`) || e.field.startsWith(`${name}.`))
  }
}

/** A problem made here, for what the server could not say itself. */
export function localProblem(code: string, title: string, status = 0, detail?: string): Problem {
  return { code, title, status, detail: detail ?? null }
}

/** Reads a refusal: a problem as it is, anything else (a proxy's page) as `unexpected_answer`. */
export function toProblem(body: unknown, response: Response): Problem {
  const after = Number(response.headers.get('Retry-After'))
  const retry = Number.isFinite(after) && after > 0 ? after : null
  if (body && typeof body === 'object' && 'code' in body && 'title' in body) {
    const problem = body as Problem
    return { ...problem, status: problem.status ?? response.status, retry_after_seconds: problem.retry_after_seconds ?? retry }
  }
  return {
    ...localProblem('unexpected_answer', `HTTP ${response.status}`, response.status),
    request_id: response.headers.get('X-Request-Id'),
    retry_after_seconds: retry,
  }
}

/** Any thrown value as an ApiError, so that every panel can show it. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError(localProblem('internal_page', 'The page itself failed', 0, message))
}
