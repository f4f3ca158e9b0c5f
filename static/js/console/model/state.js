/**
 * Everything the console knows, and how one action changes it. Pure: no DOM, no clock, no socket.
 * Parts that did not change keep their identity; views compare by it.
 */
import { merged, seen, snapshot, withMessage } from "./conversations.js";

/** @typedef {import("./types.js").Message} Message */
/**
 * @typedef {object} Thread what the view of one conversation needs
 * @property {readonly Message[]} messages oldest first, without a hole behind the first
 * @property {boolean} loaded
 * @property {boolean} loading a page of history is on its way
 * @property {boolean} hasOlder
 * @property {boolean} missing the server does not show it to us
 * @property {boolean} watching
 * @property {number} seenSeq the last `seq` this agent has looked at
 * @property {number|null} newAfter the "New" line stands behind this `seq`
 * @property {number} visitorRead the last `seq` the visitor has read
 */

/** @type {Readonly<Thread>} */
export const EMPTY_THREAD = Object.freeze({
  messages: Object.freeze([]),
  loaded: false,
  loading: false,
  hasOlder: false,
  missing: false,
  watching: false,
  seenSeq: 0,
  newAfter: null,
  visitorRead: 0,
});

const EMPTY_LIST = Object.freeze({ loaded: false, loading: false, more: false, before: null });

/**
 * @param {{view?: "queue"|"mine"|"all", selected?: string|null}} [start]
 */
export function initialState({ view = "queue", selected = null } = {}) {
  return {
    me: /** @type {{id: string, name: string}|null} */ (null),
    tenant: /** @type {{slug: string, name: string}|null} */ (null),
    permissions: /** @type {readonly string[]} */ ([]),
    departmentPermissions: /** @type {Readonly<Record<string, readonly string[]>>} */ ({}),
    capacity: 0,
    departments: /** @type {readonly import("./types.js").Department[]} */ ([]),
    status: /** @type {"online"|"away"|null} */ (null),
    agents: /** @type {readonly import("./types.js").Agent[]} */ ([]),
    conversations: /** @type {import("./conversations.js").Conversations} */ ({}),
    queueLoaded: false,
    queueBeyond: 0,
    lists: { mine: { ...EMPTY_LIST }, all: { ...EMPTY_LIST }, closed: { ...EMPTY_LIST } },
    threads: /** @type {Record<string, Thread>} */ ({}),
    offers: /** @type {readonly import("./types.js").Offer[]} */ ([]),
    typing: /** @type {Record<string, readonly {author: import("./types.js").Author, until: number}[]>} */ ({}),
    outbox: /** @type {readonly any[]} */ ([]),
    connection: { phase: "idle", code: null, attempt: 0, retryAt: null },
    view,
    filter: /** @type {"open"|"closed"} */ ("open"),
    query: "",
    selected,
    modes: /** @type {Record<string, "reply"|"note">} */ ({}),
    reason: /** @type {string|null} */ (null),
    editing: /** @type {{conversation: string, id: string, text: string}|null} */ (null),
  };
}

/** @typedef {ReturnType<typeof initialState>} State */
/** @typedef {{type: string, [field: string]: any}} Action */

/** @param {State} state @param {string} id */
export const threadOf = (state, id) => state.threads[id] ?? EMPTY_THREAD;

/** @param {State} state @param {string} id @param {Partial<Thread>} patch @returns {State} */
function withThread(state, id, patch) {
  return { ...state, threads: { ...state.threads, [id]: { ...threadOf(state, id), ...patch } } };
}

/** @param {Readonly<Thread>} thread */
const lastSeq = (thread) => thread.messages.at(-1)?.seq ?? 0;

/** Rows that something still shows survive a snapshot without them. @param {State} state */
const kept = (state) => (/** @type {string} */ id) => id === state.selected || threadOf(state, id).loaded;

/**
 * Without whatever the server showed us by rights that we had then.
 * @param {State} state @returns {State}
 */
function forgotten(state) {
  const { departments, agents, conversations, queueLoaded, queueBeyond, lists, threads, offers, typing, editing } = initialState();
  return { ...state, departments, agents, conversations, queueLoaded, queueBeyond, lists, threads, offers, typing, editing };
}

/** What decides of what is shown: who, where, by which rights. @param {any} frame */
const rightsOf = ({ agent, tenant, permissions = [], department_permissions = {} }) =>
  JSON.stringify([agent?.id, tenant?.slug, [...permissions].sort(),
    Object.entries(department_permissions).map(([place, names]) => [place, [...names].sort()]).sort()]);

/** Whether this `welcome` gives other rights than the one before. @param {State} state @param {any} frame */
export function isOther(state, frame) {
  const before = { agent: state.me, tenant: state.tenant, permissions: state.permissions, department_permissions: state.departmentPermissions };
  return state.me !== null && rightsOf(before) !== rightsOf(frame);
}

/** @type {Record<string, (state: State, action: Action) => State>} */
const REDUCERS = {
  welcome: (state, { frame }) => ({
    ...(isOther(state, frame) ? forgotten(state) : state),
    me: frame.agent,
    tenant: frame.tenant,
    permissions: frame.permissions ?? [],
    departmentPermissions: frame.department_permissions ?? {},
    capacity: frame.capacity ?? 0,
    departments: frame.departments ?? [],
    typing: {},
  }),

  queue: (state, { frame }) => ({
    ...state,
    queueLoaded: true,
    queueBeyond: Math.max(0, (frame.total ?? 0) - frame.conversations.length),
    conversations: snapshot(state.conversations, frame.conversations, {
      was: (one) => one.status === "waiting",
      keep: kept(state),
    }),
  }),

  list: (state, { frame, first }) => {
    const mine = frame.view === "mine" && first && !frame.more;
    const conversations = mine
      ? snapshot(state.conversations, frame.conversations, {
          was: (one) => one.status === "open" && one.assigned_to?.id === state.me?.id,
          keep: kept(state),
        })
      : frame.conversations.reduce(merged, state.conversations);
    const last = frame.conversations.at(-1);
    const before = last ? last.last_at ?? last.waiting_since ?? null : null;
    const list = { loaded: true, loading: false, more: Boolean(frame.more), before };
    return { ...state, conversations, lists: { ...state.lists, [frame.view]: list } };
  },

  listLoading: (state, { view, loading }) => ({
    ...state,
    lists: { ...state.lists, [view]: { ...state.lists[/** @type {"mine"} */ (view)], loading } },
  }),

  conversation: (state, { conversation }) => ({
    ...state,
    conversations: merged(state.conversations, conversation),
  }),

  agents: (state, { agents }) => ({
    ...state,
    agents,
    status: agents.find((/** @type {any} */ one) => one.id === state.me?.id)?.status ?? state.status,
  }),

  availability: (state, { status }) => ({
    ...state,
    status,
    agents: state.agents.map((one) => (one.id === state.me?.id ? { ...one, status } : one)),
  }),

  offer: (state, { offer }) => ({
    ...state,
    conversations: merged(state.conversations, offer.conversation),
    offers: [...state.offers.filter((one) => one.conversation.id !== offer.conversation.id), offer],
  }),

  offerGone: (state, { id }) => {
    const offers = state.offers.filter((one) => one.conversation.id !== id);
    return offers.length === state.offers.length ? state : { ...state, offers };
  },

  thread: (state, { id, patch }) => withThread(state, id, patch),

  /** A message from outside: the row counts it, and the "New" line remembers where reading ended. */
  arrived: (state, { message, looking }) => {
    const id = message.conversation;
    const thread = threadOf(state, id);
    const unseen = !looking && message.author.kind !== "system";
    const first = unseen && thread.newAfter === null && thread.loaded && thread.seenSeq > 0;
    const next = first ? withThread(state, id, { newAfter: thread.seenSeq }) : state;
    return { ...next, conversations: withMessage(next.conversations, message, unseen) };
  },

  seen: (state, { id, seq }) => {
    const conversations = seen(state.conversations, id);
    const thread = threadOf(state, id);
    if (seq <= thread.seenSeq) return conversations === state.conversations ? state : { ...state, conversations };
    return withThread({ ...state, conversations }, id, { seenSeq: seq });
  },

  visitorRead: (state, { id, seq }) =>
    seq > threadOf(state, id).visitorRead ? withThread(state, id, { visitorRead: seq }) : state,

  typing: (state, { conversation, author, until }) => {
    const others = (state.typing[conversation] ?? []).filter((one) => one.author.id !== author.id);
    const now = until === null ? others : [...others, { author, until }];
    return { ...state, typing: { ...state.typing, [conversation]: now } };
  },

  tick: (state, { now }) => {
    const stale = Object.values(state.typing).some((ones) => ones.some((one) => one.until <= now));
    const lapsed = state.offers.some((one) => Date.parse(one.expires_at) <= now);
    if (!stale && !lapsed) return state;
    const typing = Object.fromEntries(
      Object.entries(state.typing).map(([id, ones]) => [id, ones.filter((one) => one.until > now)]),
    );
    return { ...state, typing, offers: state.offers.filter((one) => Date.parse(one.expires_at) > now) };
  },

  /** The server has turned us away: nothing that it showed stays on the screen, nor a button to act on it. */
  refused: (state) => ({ ...forgotten(state), permissions: [], departmentPermissions: {}, selected: null }),
  /** Why it did, in the server's word. */
  reason: (state, { code }) => ({ ...state, reason: code }),

  outbox: (state, { items }) => ({ ...state, outbox: items }),
  connection: (state, { connection }) => ({ ...state, connection }),
  view: (state, { view, filter }) => ({ ...state, view, filter: filter ?? state.filter }),
  query: (state, { query }) => ({ ...state, query }),
  mode: (state, { id, mode }) => ({ ...state, modes: { ...state.modes, [id]: mode }, editing: null }),
  editing: (state, { editing }) => ({ ...state, editing }),

  select: (state, { id }) => {
    if (id === state.selected) return state;
    const next = { ...state, selected: id, editing: null };
    if (id === null) return next;
    const thread = threadOf(state, id);
    const newAfter = thread.loaded && thread.seenSeq > 0 && thread.seenSeq < lastSeq(thread) ? thread.seenSeq : null;
    return thread.loaded ? withThread(next, id, { newAfter }) : next;
  },
};

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  if (!Object.hasOwn(REDUCERS, action.type)) throw new TypeError(`unknown action ${action.type}`);
  return REDUCERS[action.type](state, action);
}
