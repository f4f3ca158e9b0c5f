/**
 * The shapes the console works with. Types only: nothing here runs.
 *
 * @typedef {{id: string, name: string}} Person
 * @typedef {{kind: string, id: string|null, name: string}} Author
 * @typedef {{kind: string, count: number}} Masked
 *
 * @typedef {object} Visitor
 * @property {string} id
 * @property {string} name
 * @property {boolean} [verified]
 * @property {string} [email]
 * @property {string} [phone]
 * @property {string} [locale]
 * @property {boolean} [blocked] told of the conversation that is looked at
 * @property {string} [address] the client's, as the server found it
 * @property {{url?: string, title?: string, referrer?: string}} [page]
 * @property {Record<string, string>} [fields]
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {"waiting"|"open"|"closed"} status
 * @property {Person|null} assigned_to
 * @property {string|null} department
 * @property {string[]} tags
 * @property {string|null} waiting_since
 * @property {string|null} last_text null: nothing was said yet, or it is gone
 * @property {Visitor|null} visitor
 * @property {string|null} [outcome] of a closed one, as the agent named it
 * @property {{score: number, comment: string|null}} [rating] what the visitor said of it
 * @property {boolean} [unstored] nothing of what is said in it is stored
 * @property {number} unread messages of the visitor that came while nobody looked
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {number} seq
 * @property {number} rev
 * @property {string} [client_id]
 * @property {Author} author
 * @property {string} text
 * @property {string} sent_at
 * @property {Masked[]} masked
 * @property {string} [code] of a system message
 * @property {boolean} [gone] the body no longer exists
 * @property {string} [reason] why it was revised
 *
 * @typedef {object} Agent
 * @property {string} id
 * @property {string} name
 * @property {"online"|"away"} status
 * @property {number} open
 * @property {number} capacity
 *
 * @typedef {{id: string, name: string, online: boolean}} Department
 * @typedef {{conversation: Conversation, from: Person, note: string, expires_at: string}} Offer
 */

export {};
