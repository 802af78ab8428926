// What this device keeps of its own: a few documents by name, where the page and its service worker both reach them.

const STORE = 'documents';
let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open('cordon', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      // another tab may want to change or delete it
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      done(request.result);
    };
    request.onerror = () => failed(request.error);
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise((done, failed) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    // done when it lies on the disk, not before
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}

/** The document of a name; none where there is none, or nothing may be kept here. */
export const recallDocument = <T>(name: string): Promise<T | undefined> => run<T | undefined>('readonly', (store) => store.get(name)).catch(() => undefined);

/** Keeps a document under a name. Fails where the browser keeps nothing. */
export const keepDocument = (name: string, value: unknown): Promise<unknown> => run('readwrite', (store) => store.put(value, name));

export const forgetDocument = (name: string): Promise<unknown> => run('readwrite', (store) => store.delete(name));
