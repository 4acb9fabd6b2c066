/* An endpoint that behaves like a language model's: OpenAI's chat completions, slow, streamed on request,
 * with a limit of tokens per minute and client (the Authorization header, else the address). Nothing is
 * understood: the words come from a list, the same for the same messages. */
#ifndef TARGET_LLM_H
#define TARGET_LLM_H

#include <stdint.h>

struct exchange;

enum {
    LLM_FIRST_MS = 350, /* until the first token, and LLM_PROMPT_US more for each token of the prompt */
    LLM_PROMPT_US = 200,
    LLM_STEP_MS = 25, /* each further token: 40 a second */
    LLM_MAX_TOKENS = 4096,
    LLM_TOKENS_PER_MINUTE = 20000, /* unless --llm-tokens says otherwise */
    LLM_TOKENS_PER_MINUTE_MAX = 1000 * 1000 * 1000,
};

/* {model, messages, max_tokens, stream, stream_options.include_usage}: 200, 400, 429 with Retry-After. */
void llm_chat(struct exchange *x);
void llm_models(struct exchange *x);

/* Takes `tokens` out of a client's minute: 0, or how long until there are that many. *meter begins with 0;
 * *left is what the client may still use now. */
int64_t llm_take_ns(
    _Atomic int64_t *meter, int64_t per_minute, int64_t tokens, int64_t now_ns, int64_t *left);

#endif
