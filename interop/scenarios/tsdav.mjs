#!/usr/bin/env node
// needs: npm tsdav@2.3.4
// timeout: 120
//
// tsdav, the library behind many web clients: sign-in by discovery, listing, every kind of
// change, and its two ways of syncing.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Server } from '../lib/rolodav.mjs';
import { Steps } from '../lib/steps.mjs';

const require = createRequire(join(process.env.INTEROP_WORK ?? process.cwd(), 'package.json'));
const { DAVClient } = require('tsdav');

const card = (uid, name, ...lines) =>
  ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${name}`, `N:${name};;;;`, ...lines, 'END:VCARD', ''].join('\r\n');
const names = (cards) => cards.map((each) => /^FN:(.*?)\r?$/m.exec(each.data)[1]).sort();

const server = await Server.start();
const steps = new Steps();
const signIn = async (password = 'secret', serverUrl = server.url) => {
  const client = new DAVClient({
    serverUrl,
    credentials: { username: 'alice', password },
    authMethod: 'Basic',
    defaultAccountType: 'carddav',
  });
  await client.login();
  return client;
};

let client;
let other;
let book;
const read = async (from = client) => from.fetchVCards({ addressBook: book });
const find = async (uid, from = client) => (await read(from)).find((each) => each.url.endsWith(`/${uid}.vcf`));

await steps.step('discovery leads from the bare address to principal and home', async () => {
  client = await signIn();
  other = await signIn();
  assert.equal(client.account.rootUrl, `${server.url}/dav/`);
  assert.equal(client.account.principalUrl, `${server.url}/dav/principals/alice/`);
  assert.equal(client.account.homeUrl, `${server.url}/dav/addressbooks/alice/`);
});
await steps.step('discovery leads there from the DAV root too', async () => {
  const fromRoot = await signIn('secret', `${server.url}/dav/`);
  assert.equal(fromRoot.account.homeUrl, `${server.url}/dav/addressbooks/alice/`);
});
await steps.step('a wrong password is refused', async () => {
  await assert.rejects(signIn('wrong'));
});
await steps.step('the one book is listed with ctag, token and its reports', async () => {
  const books = await client.fetchAddressBooks();
  assert.equal(books.length, 1);
  [book] = books;
  assert.equal(book.url, `${server.url}/dav/addressbooks/alice/contacts/`);
  assert.ok(book.ctag && String(book.syncToken).includes(':'), `ctag ${book.ctag}, token ${book.syncToken}`);
  for (const report of ['syncCollection', 'addressbookMultiget', 'addressbookQuery', 'expandProperty']) {
    assert.ok(book.reports.includes(report), `${report} is not in ${book.reports}`);
  }
  assert.deepEqual(await read(), []);
});
await steps.step('a created card comes back as it was sent', async () => {
  const text = card('ts-1', 'Ada Lövelace 漢字 😀', 'X-KEEP;X-A="1;2":<&> kept', 'item1.URL:https://example.org/?a=1&b=2');
  const reply = await client.createVCard({ addressBook: book, filename: 'ts-1.vcf', vCardString: text });
  assert.equal(reply.status, 201);
  // The library trims text nodes, so the last line end is gone.
  assert.equal((await find('ts-1')).data, text.trimEnd());
});
await steps.step('the same name twice is refused with 412', async () => {
  const reply = await client.createVCard({ addressBook: book, filename: 'ts-1.vcf', vCardString: card('ts-1', 'Twice') });
  assert.equal(reply.status, 412);
});
await steps.step('an update with the current tag is taken, one with an old tag is not', async () => {
  const known = await find('ts-1');
  const reply = await client.updateVCard({ vCard: { ...known, data: card('ts-1', 'Ada King') } });
  assert.equal(reply.status, 204);
  const stale = await other.updateVCard({ vCard: { ...known, data: card('ts-1', 'Stale') } });
  assert.equal(stale.status, 412);
  assert.deepEqual(names(await read()), ['Ada King']);
});
await steps.step('isCollectionDirty tells a change from none', async () => {
  const [fresh] = await client.fetchAddressBooks();
  assert.equal((await client.isCollectionDirty({ collection: fresh })).isDirty, false);
  await other.createVCard({ addressBook: book, filename: 'ts-2.vcf', vCardString: card('ts-2', 'Two') });
  assert.equal((await client.isCollectionDirty({ collection: fresh })).isDirty, true);
});
await steps.step('syncCollection without a token lists all, with a token what changed since', async () => {
  const [fresh] = await client.fetchAddressBooks();
  const props = { 'd:getetag': {} };
  const all = await client.syncCollection({ url: book.url, props, syncLevel: 1 });
  assert.deepEqual(all.map((each) => each.href).sort(), ['ts-1', 'ts-2'].map((uid) => `/dav/addressbooks/alice/contacts/${uid}.vcf`));
  await other.createVCard({ addressBook: book, filename: 'ts-3.vcf', vCardString: card('ts-3', 'Three') });
  await other.deleteVCard({ vCard: await find('ts-2') });
  const delta = await client.syncCollection({ url: book.url, props, syncLevel: 1, syncToken: fresh.syncToken });
  assert.deepEqual(delta.map((each) => [each.href.split('/').pop(), each.status]).sort(),
    [['ts-2.vcf', 404], ['ts-3.vcf', 207]]);
});
for (const method of ['webdav', 'basic']) {
  await steps.step(`smartCollectionSync (${method}) follows creations, edits and deletions`, async () => {
    let local = { ...(await client.fetchAddressBooks())[0], objects: await read(),
      objectMultiGet: (query) => client.addressBookMultiGet(query), fetchObjects: ({ collection }) => client.fetchVCards({ addressBook: collection }) };
    const sync = async () => {
      local = await client.smartCollectionSync({ collection: local, method, account: client.account });
    };
    const uid = `smart-${method}`;
    await other.createVCard({ addressBook: book, filename: `${uid}.vcf`, vCardString: card(uid, 'Created') });
    await sync();
    assert.deepEqual(names(local.objects), names(await read()));
    assert.ok(names(local.objects).includes('Created'));
    const known = await find(uid, other);
    await other.updateVCard({ vCard: { ...known, data: card(uid, 'Edited') } });
    await sync();
    assert.ok(names(local.objects).includes('Edited') && !names(local.objects).includes('Created'), names(local.objects).join());
    await other.deleteVCard({ vCard: await find(uid, other) });
    await sync();
    assert.deepEqual(names(local.objects), names(await read()));
    const before = local.syncToken;
    await sync();
    assert.equal(local.syncToken, before, 'the token moved without a change');
  });
}
await steps.step('addressBookQuery finds by part of a name, whatever its case', async () => {
  await client.createVCard({ addressBook: book, filename: 'ts-4.vcf', vCardString: card('ts-4', 'Çelik ŞAHİN ÅNGSTRÖM') });
  const found = await client.addressBookQuery({
    url: book.url, depth: '1', props: { 'd:getetag': {} },
    filters: { 'prop-filter': { _attributes: { name: 'FN' }, 'text-match': {
      _attributes: { collation: 'i;unicode-casemap', 'match-type': 'contains' }, _text: 'ångström' } } },
  });
  assert.deepEqual(found.map((each) => each.href.split('/').pop()), ['ts-4.vcf']);
});
await steps.step('a deletion with an old tag is refused, with the current one done', async () => {
  const known = await find('ts-1');
  assert.equal((await client.deleteVCard({ vCard: { ...known, etag: '"old"' } })).status, 412);
  assert.equal((await client.deleteVCard({ vCard: known })).status, 204);
  assert.equal(await find('ts-1'), undefined);
});
await steps.step('a book made with MKCOL is listed under its name and can be removed', async () => {
  const url = `${client.account.homeUrl}made/`;
  const [reply] = await client.makeCollection({ url, props: {
    'd:displayname': 'Kunden ü & <Söhne>', 'd:resourcetype': { 'd:collection': {}, 'card:addressbook': {} } } });
  assert.equal(reply.status, 201);
  const listed = (await client.fetchAddressBooks()).find((each) => each.url === url);
  assert.equal(listed?.displayName, 'Kunden ü & <Söhne>');
  const removed = await client.deleteObject({ url });
  assert.equal(removed.status, 204);
  assert.equal((await client.fetchAddressBooks()).length, 1);
});
await steps.step('the server ends in order and its store is clean', () => server.stop());
steps.finish();
