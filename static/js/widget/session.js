// @ts-check
/**
 * What the browser keeps of a visitor: nothing until the server has accepted a first message, then one
 * HttpOnly cookie that only these two requests can set and end. The header cannot be sent by a form or an
 * image of another website, so nobody else can make this browser remember or forget.
 */

/** @param {string} url @param {object} body @returns {Promise<boolean>} */
async function post(url, body) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-Chat-Widget": "1" },
      body: JSON.stringify(body),
    });
    return answer.ok;
  } catch {
    return false; // the chat goes on without it; the visitor is only not known on the next page
  }
}

/** @param {string} url @param {string} token */
export const remember = (url, token) => post(url, { token });

/** @param {string} url @param {string|null} token */
export const forget = (url, token) => post(url, { token });
