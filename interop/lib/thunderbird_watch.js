// What happens in Thunderbird while a scenario drives it: requests, dialogs, notices; on globalThis.watch.
// Runs inside Thunderbird with chrome rights; thunderbird_driver.py loads it before the other parts.

const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const requests = []; // every answer that came over HTTP, in order
const challenges = new Set(); // every WWW-Authenticate that came
const prompts = []; // every dialog that opened: { text, answered }
const notices = { synced: 0, failed: 0, updated: 0, created: 0, deleted: 0 }; // items, by what became of them
let password = null; // given to the next sign-in dialog, once

async function until(what, test, seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await test();
    if (result) {
      return result;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${seconds} s for ${what}`);
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

// A header that is not there makes the channel throw.
function sent(channel, name) {
  try {
    return channel.getRequestHeader(name);
  } catch {
    return null;
  }
}

function received(channel, name) {
  try {
    return channel.getResponseHeader(name);
  } catch {
    return null;
  }
}

// Kept on the window: an observer that nothing refers to may be collected.
const observer = {
  observe(subject, topic) {
    switch (topic) {
      case "http-on-examine-response": {
        const channel = subject.QueryInterface(Ci.nsIHttpChannel);
        requests.push({
          id: channel.channelId,
          method: channel.requestMethod,
          path: channel.URI.pathQueryRef,
          depth: sent(channel, "Depth"),
          signedIn: sent(channel, "Authorization") !== null,
          status: channel.responseStatus,
          bytes: null,
        });
        if (channel.responseStatus == 401) {
          challenges.add(received(channel, "WWW-Authenticate"));
        }
        break;
      }
      case "http-on-stop-request": {
        const channel = subject.QueryInterface(Ci.nsIHttpChannel);
        const record = requests.findLast(r => r.id == channel.channelId);
        if (record) {
          record.bytes = channel.QueryInterface(Ci.nsIEncodedChannel) && channel.decodedBodySize;
        }
        break;
      }
      case "common-dialog-loaded": {
        const { args } = subject.Dialog;
        const record = { text: `${args.title ?? ""}: ${args.text ?? ""}`, answered: false };
        prompts.push(record);
        const { ui } = subject.Dialog;
        if (["promptUserAndPass", "promptPassword"].includes(args.promptType) && password !== null) {
          ui.password1Textbox.value = password;
          password = null;
          record.answered = true;
        }
        // Buttons are dead for a moment after a dialog opened.
        until("the dialog's buttons", () => !ui.button0.disabled).finally(() =>
          (record.answered ? ui.button0 : ui.button1).click()
        );
        break;
      }
    }
  },
};

for (const topic of ["http-on-examine-response", "http-on-stop-request", "common-dialog-loaded"]) {
  Services.obs.addObserver(observer, topic);
}

globalThis.watch = {
  observer,
  until,
  requests,
  prompts,
  notices,

  // The password is typed into the next sign-in dialog; every other dialog is cancelled.
  expectSignIn(secret) {
    password = secret;
  },

  // What every part offers to the scenario.
  words: {
    async record() {
      return { requests, prompts, notices, challenges: [...challenges] };
    },

    async clearRecord() {
      requests.length = 0;
      for (const kind of Object.keys(notices)) {
        notices[kind] = 0;
      }
    },

    // Waits until `count` requests with this method have been answered since the last clearRecord.
    async answered(method, count, seconds) {
      const done = () => requests.filter(one => one.method == method && one.signedIn && one.bytes !== null).length;
      await until(`${count} answers to ${method}`, () => done() >= count, seconds);
    },

    async savedLogins() {
      return (await Services.logins.getAllLogins()).map(login => ({
        origin: login.origin,
        realm: login.httpRealm,
        username: login.username,
      }));
    },
  },
};
