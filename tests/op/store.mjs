// What an issuer remembers, apart from the provider, which is built anew whenever its keys or clients change.

export class Store {
  #kept = new Map();

  /** Gives oidc-provider's adapter for one of its models. */
  adapter(model) {
    const key = (id) => `${model}:${id}`;
    return {
      upsert: async (id, payload) => { this.#kept.set(key(id), payload); },
      find: async (id) => this.#kept.get(key(id)),
      findByUid: async (uid) => this.all(model).find((one) => one.uid === uid),
      findByUserCode: async () => undefined,
      consume: async (id) => { this.#kept.get(key(id)).consumed = Math.floor(Date.now() / 1000); },
      destroy: async (id) => { this.#kept.delete(key(id)); },
      revokeByGrantId: async (grantId) => this.#drop(model, (one) => one.grantId === grantId),
    };
  }

  all(model) {
    return [...this.#kept].filter(([key]) => key.startsWith(`${model}:`)).map(([, payload]) => payload);
  }

  clear() {
    this.#kept.clear();
  }

  /** Drops all tokens and codes of a grant, and the grant. */
  revoke(grantId) {
    for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode']) {
      this.#drop(model, (one) => one.grantId === grantId);
    }
    this.#kept.delete(`Grant:${grantId}`);
  }

  #drop(model, condition) {
    for (const [key, payload] of this.#kept) {
      if (key.startsWith(`${model}:`) && condition(payload)) this.#kept.delete(key);
    }
  }
}
