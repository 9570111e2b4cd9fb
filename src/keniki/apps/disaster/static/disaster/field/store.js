/* The browser's own database for one incident: an exercise and the real thing never share one. */

const STORES = { meta: undefined, boxes: "id", files: "id" };

/** Open the database of this name: `meta` (key → value), `boxes` and `files` ({id, state, …}, found by state too). */
export function openStore(name) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) {
        const made = asked.result.createObjectStore(store, keyPath ? { keyPath } : undefined);
        if (keyPath) made.createIndex("state", "state");
      }
    };
    asked.onsuccess = () => resolve(new Store(asked.result, name));
    asked.onerror = () => reject(asked.error);
  });
}

export class Store {
  constructor(database, name) {
    this.database = database;
    this.name = name;
    database.onversionchange = () => database.close();
  }

  /** Run `work` with the object stores of one transaction; done when it is safely stored. */
  within(names, mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(names, mode, { durability: "strict" });
      let answer;
      transaction.oncomplete = () => resolve(answer);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      transaction.onerror = () => {};
      const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
      work(stores, (value) => { answer = value; });
    });
  }

  #read(name, ask) {
    return this.within([name], "readonly", (stores, answer) => {
      const asked = ask(stores[name]);
      asked.onsuccess = () => answer(asked.result);
    });
  }

  get(name, key) {
    return this.#read(name, (store) => store.get(key));
  }

  all(name) {
    return this.#read(name, (store) => store.getAll());
  }

  /** The rows in this state, the first `most` of them. */
  inState(name, state, most) {
    return this.#read(name, (store) => store.index("state").getAll(state, most));
  }

  count(name, state) {
    return this.#read(name, (store) => store.index("state").count(state));
  }

  put(name, value, key) {
    return this.within([name], "readwrite", (stores) => (key === undefined ? stores[name].put(value) : stores[name].put(value, key)));
  }

  putAll(name, values) {
    return this.within([name], "readwrite", (stores) => values.forEach((value) => stores[name].put(value)));
  }

  /** Change the state of rows, and what else `changes` says of each by its id. */
  move(name, changes) {
    return this.within([name], "readwrite", (stores) => {
      for (const [id, change] of changes) {
        const asked = stores[name].get(id);
        asked.onsuccess = () => { if (asked.result) stores[name].put({ ...asked.result, ...change }); };
      }
    });
  }

  remove(name, ids) {
    return this.within([name], "readwrite", (stores) => ids.forEach((id) => stores[name].delete(id)));
  }

  /** The next number of a counter: never given twice, whichever page asks. */
  next(counter) {
    return this.within(["meta"], "readwrite", (stores, answer) => {
      const asked = stores.meta.get(counter);
      asked.onsuccess = () => {
        const number = (asked.result ?? 0) + 1;
        stores.meta.put(number, counter);
        answer(number);
      };
    });
  }

  /** Remove the whole database. */
  destroy() {
    this.database.close();
    return new Promise((resolve, reject) => {
      const asked = indexedDB.deleteDatabase(this.name);
      asked.onsuccess = () => resolve();
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => resolve();
    });
  }
}
