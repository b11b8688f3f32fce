#!/usr/bin/env node
// needs: npm tsdav@2.3.4
// timeout: 120
//
// tsdav with calendars: discovery, making them, every kind of change, ranges with and without
// expansion, free-busy, and its ways of syncing.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Server } from '../lib/rolodav.mjs';
import { Steps } from '../lib/steps.mjs';

const require = createRequire(join(process.env.INTEROP_WORK ?? process.cwd(), 'package.json'));
const { DAVClient } = require('tsdav');

const component = (kind, uid, ...lines) =>
  [`BEGIN:${kind}`, `UID:${uid}`, 'DTSTAMP:20260101T000000Z', ...lines, `END:${kind}`].join('\r\n');
const calendarOf = (...parts) => ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//interop//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n');
const event = (uid, summary, ...lines) => calendarOf(component('VEVENT', uid, `SUMMARY:${summary}`, ...lines));
const at = (start, end) => [`DTSTART:${start}`, `DTEND:${end}`];
const SERIES = calendarOf(
  component('VEVENT', 'ts-series', 'SUMMARY:Weekly', ...at('20270104T100000Z', '20270104T110000Z'), 'RRULE:FREQ=WEEKLY;COUNT=6', 'EXDATE:20270118T100000Z'),
  component('VEVENT', 'ts-series', 'SUMMARY:Weekly moved', 'RECURRENCE-ID:20270111T100000Z', ...at('20270112T150000Z', '20270112T160000Z')));
const JANUARY = { start: '2027-01-01T00:00:00Z', end: '2027-02-01T00:00:00Z' };
const file = (url) => url.split('/').pop();
const titles = (objects) => objects.flatMap((each) => [...each.data.matchAll(/^SUMMARY:(.*?)\r?$/gm)].map((found) => found[1])).sort();

const server = await Server.start();
const steps = new Steps();
const signIn = async (serverUrl = server.url) => {
  const client = new DAVClient({
    serverUrl, credentials: { username: 'alice', password: 'secret' }, authMethod: 'Basic', defaultAccountType: 'caldav' });
  await client.login();
  return client;
};

let client;
let other;
let calendar;
let home;
const read = (query = {}, from = client) => from.fetchCalendarObjects({ calendar, ...query });
const find = async (uid, from = client) => (await read({}, from)).find((each) => file(each.url) === `${uid}.ics`);
const create = (uid, data, from = client) => from.createCalendarObject({ calendar, filename: `${uid}.ics`, iCalString: data });

await steps.step('discovery leads from the bare address and the DAV root to the calendar home', async () => {
  client = await signIn();
  other = await signIn();
  home = `${server.url}/dav/calendars/alice/`;
  assert.equal(client.account.homeUrl, home);
  assert.equal((await signIn(`${server.url}/dav/`)).account.homeUrl, home);
});
await steps.step('calendar, task list and birthdays are listed with kind, ctag, token and reports', async () => {
  const listed = await client.fetchCalendars();
  const kinds = Object.fromEntries(listed.map((each) => [each.url, each.components]));
  assert.deepEqual(kinds, { [`${home}calendar/`]: ['VEVENT'], [`${home}tasks/`]: ['VTODO'], [`${home}birthdays/`]: ['VEVENT'] });
  calendar = listed.find((each) => each.url === `${home}calendar/`);
  assert.ok(calendar.ctag && String(calendar.syncToken).includes(':'), `ctag ${calendar.ctag}, token ${calendar.syncToken}`);
  for (const report of ['syncCollection', 'calendarMultiget', 'calendarQuery', 'freeBusyQuery']) {
    assert.ok(calendar.reports.includes(report), `${report} is not in ${calendar.reports}`);
  }
  assert.deepEqual(await read(), []);
});
await steps.step('the addresses for invitations are told', async () => {
  const addresses = await client.fetchCalendarUserAddresses({ account: client.account });
  assert.ok(addresses.length > 0, 'no address');
});
await steps.step('created events come back as they were sent', async () => {
  const text = event('ts-1', 'Größe 漢字 😀', ...at('20270105T080000Z', '20270105T093000Z'), 'X-KEEP;X-A="1;2":<&> kept', 'DESCRIPTION:]]> & <b>');
  assert.equal((await create('ts-1', text)).status, 201);
  assert.equal((await create('ts-series', SERIES)).status, 201);
  // The library trims text nodes, so the last line end is gone.
  assert.equal((await find('ts-1')).data, text.trimEnd());
});
await steps.step('the same name twice is refused with 412', async () => {
  assert.equal((await create('ts-1', event('ts-1', 'Twice', ...at('20270105T080000Z', '20270105T093000Z')))).status, 412);
});
await steps.step('an update with the current tag is taken, one with an old tag is not', async () => {
  const known = await find('ts-1');
  const moved = known.data.replace('20270105T080000Z', '20270105T083000Z') + '\r\n';
  assert.equal((await client.updateCalendarObject({ calendarObject: { ...known, data: moved } })).status, 204);
  assert.equal((await other.updateCalendarObject({ calendarObject: { ...known, data: SERIES } })).status, 412);
  assert.ok((await find('ts-1')).data.includes('20270105T083000Z'));
});
await steps.step('a range finds what lies in it, a series by its instances', async () => {
  const within = async (start, end) => (await read({ timeRange: { start, end } })).map((each) => file(each.url)).sort();
  assert.deepEqual(await within(JANUARY.start, JANUARY.end), ['ts-1.ics', 'ts-series.ics']);
  assert.deepEqual(await within('2027-01-18T00:00:00Z', '2027-01-19T00:00:00Z'), []);
  assert.deepEqual(await within('2027-01-12T00:00:00Z', '2027-01-13T00:00:00Z'), ['ts-series.ics']);
  assert.deepEqual(await within('2027-01-05T09:30:00Z', '2027-01-05T10:00:00Z'), []);
});
await steps.step('expanded, the series is its instances in UTC, without a rule', async () => {
  const got = await read({ timeRange: JANUARY, expand: true });
  const { data } = got.find((each) => file(each.url) === 'ts-series.ics');
  assert.deepEqual([...data.matchAll(/^DTSTART:(.*?)\r?$/gm)].map((found) => found[1]).sort(),
    ['20270104T100000Z', '20270112T150000Z', '20270125T100000Z']);
  assert.ok(!/RRULE|EXDATE/.test(data), data);
  assert.equal([...data.matchAll(/^RECURRENCE-ID/gm)].length, 3);
});
await steps.step('the same through one query with the data in it', async () => {
  const got = await read({ timeRange: JANUARY, useMultiGet: false });
  assert.deepEqual(titles(got), ['Größe 漢字 😀', 'Weekly', 'Weekly moved']);
});
await steps.step('named objects are fetched; one that is missing is told as such', async () => {
  const named = (...uids) => read({ objectUrls: uids.map((uid) => `${calendar.url}${uid}.ics`) });
  assert.deepEqual((await named('ts-1', 'ts-series')).map((each) => file(each.url)).sort(), ['ts-1.ics', 'ts-series.ics']);
  await assert.rejects(named('ts-1', 'none'), /404/);
});
await steps.step('free-busy tells what is busy and nothing of what', async () => {
  const answer = await client.freeBusyQuery({ url: calendar.url, timeRange: { start: '2027-01-04T00:00:00Z', end: '2027-01-06T00:00:00Z' }, depth: '1' });
  assert.match(answer.raw, /BEGIN:VFREEBUSY/);
  assert.match(answer.raw, /20270104T100000Z\/(20270104T110000Z|PT1H)/);
  assert.match(answer.raw, /20270105T083000Z\/(20270105T093000Z|PT1H)/);
  assert.ok(!answer.raw.includes('Weekly'), answer.raw);
});
await steps.step('syncCollection with a token tells what changed and what is gone', async () => {
  const [fresh] = (await client.fetchCalendars()).filter((each) => each.url === calendar.url);
  await create('ts-2', event('ts-2', 'Two', ...at('20270106T100000Z', '20270106T110000Z')), other);
  await other.deleteCalendarObject({ calendarObject: await find('ts-1') });
  const delta = await client.syncCollection({ url: calendar.url, props: { 'd:getetag': {} }, syncLevel: 1, syncToken: fresh.syncToken });
  assert.deepEqual(delta.map((each) => [file(each.href), each.status]).sort(), [['ts-1.ics', 404], ['ts-2.ics', 207]]);
});
for (const method of ['webdav', 'basic']) {
  await steps.step(`smartCollectionSync (${method}) follows creations, edits and deletions`, async () => {
    let local = { ...(await client.fetchCalendars()).find((each) => each.url === calendar.url), objects: await read(),
      objectMultiGet: (query) => client.calendarMultiGet(query), fetchObjects: ({ collection }) => client.fetchCalendarObjects({ calendar: collection }) };
    const sync = async () => {
      local = await client.smartCollectionSync({ collection: local, method, account: client.account });
    };
    const uid = `smart-${method}`;
    await create(uid, event(uid, 'Created', ...at('20270107T100000Z', '20270107T110000Z')), other);
    await sync();
    assert.ok(titles(local.objects).includes('Created'), titles(local.objects).join());
    const known = await find(uid, other);
    await other.updateCalendarObject({ calendarObject: { ...known, data: known.data.replace('Created', 'Edited') } });
    await sync();
    assert.ok(titles(local.objects).includes('Edited') && !titles(local.objects).includes('Created'), titles(local.objects).join());
    await other.deleteCalendarObject({ calendarObject: await find(uid, other) });
    await sync();
    assert.deepEqual(titles(local.objects), titles(await read()));
    const before = local.syncToken;
    await sync();
    assert.equal(local.syncToken, before, 'the token moved without a change');
  });
}
await steps.step('syncCalendars sees a new calendar, a changed one with its objects, and a deleted one', async () => {
  const url = `${home}made/`;
  const [reply] = await client.makeCalendar({ url, props: {
    'd:displayname': 'Kurse ü & <Söhne>', 'ca:calendar-color': '#ff8800ff', 'c:calendar-description': 'Mit Umlaut ä' } });
  assert.equal(reply.status, 201);
  const known = await client.fetchCalendars();
  const made = known.find((each) => each.url === url);
  assert.equal(made?.displayName, 'Kurse ü & <Söhne>');
  assert.equal(made.description, 'Mit Umlaut ä');
  assert.match(String(made.calendarColor).toLowerCase(), /^#ff8800/);
  const before = await Promise.all(known.map(async (each) => ({ ...each, objects: await client.fetchCalendarObjects({ calendar: each }) })));
  await create('ts-3', event('ts-3', 'Three', ...at('20270108T100000Z', '20270108T110000Z')), other);
  await other.deleteObject({ url });
  await other.makeCalendar({ url: `${home}second/`, props: { 'd:displayname': 'Second' } });
  const result = await client.syncCalendarsDetailed({ oldCalendars: before });
  assert.deepEqual([result.created, result.updated, result.deleted].map((list) => list.map((each) => each.url)),
    [[`${home}second/`], [calendar.url], [url]]);
  assert.ok(titles(result.updated[0].objects).includes('Three'), titles(result.updated[0].objects).join());
});
await steps.step('making a calendar where one is fails and changes nothing', async () => {
  const [reply] = await client.makeCalendar({ url: calendar.url, props: { 'd:displayname': 'Other' } });
  assert.ok(reply.status === 403 || reply.status === 405, `status ${reply.status}`);
  assert.equal((await find('ts-2')) !== undefined, true);
});
await steps.step('a deletion with an old tag is refused, with the current one done', async () => {
  const known = await find('ts-2');
  assert.equal((await client.deleteCalendarObject({ calendarObject: { ...known, etag: '"old"' } })).status, 412);
  assert.equal((await client.deleteCalendarObject({ calendarObject: known })).status, 204);
  assert.equal(await find('ts-2'), undefined);
});
await steps.step('the server ends in order and its store is clean', () => server.stop());
steps.finish();
