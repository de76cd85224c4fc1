extension Explanation {
  static let state: [Explanation] = [
    Explanation(
      "interrupted", "a signal ended the run",
      """
      SIGINT, SIGTERM or SIGHUP came. No new request is begun, requests that have begun get up to five seconds, results are stored, and the
      lock file is written. The message names the servers that were not begun. A second signal ends the run at once; the journal has what
      is needed to continue.

      As a warning: an earlier run was interrupted, or another run is active, and the lock file does not have everything yet.
      """,
      help: ["apply again: it continues the run"]),
    Explanation(
      "skipped", "a registration was not begun, because an earlier one at the issuer failed",
      """
      Another registration at the same issuer had no usable answer, or the server asked to wait. The problem would probably occur again, and each
      time leave a client behind.
      """,
      help: ["first solve the problem of the other server, then apply again"]),
    Explanation(
      "protected", "the server is protected, and its client would be replaced or removed",
      """
      With protect: true no change replaces or removes the client. While the server is in the inventory, protect in its block applies;
      without a block, the copy in the lock file applies. Updates in place are allowed.
      """,
      help: [
        "if this is intended, write protect: false in the same edit", "undo the change that needs a new client",
        "to remove a server: apply it with protect: false first, then delete its block",
      ]),
    Explanation(
      "mass-change", "many clients would be replaced or removed",
      """
      The plan replaces or removes more than three registered clients and more than 30 % of them, or all of two or more. Often the cause is a
      wrong inventory, a lock file of another branch or a changed default, and the users of each client would have to reconnect. Renewals at
      the same issuer do not count. The plan is still shown.

      With --verify, for single servers: one issuer refuses most of its clients at once. This looks like a fault of the issuer. The clients are
      kept.
      """,
      help: [
        "check the plan: is it the right inventory and the right lock file?",
        "if this is intended: mcpauth apply --allow-mass-change", "or do it in parts, with --only NAME",
      ]),
    Explanation(
      "locked", "another run holds the lock",
      """
      Two runs at once would register the same server twice. The message says who holds the lock: process, machine, user, command, and since
      when. The kernel releases the lock when that process ends, in every case. It is never stale, and there is no file to delete.
      """,
      help: ["wait for it: --lock-timeout 5m", "plan, status and verify need no lock"]),
    Explanation(
      "intent-settled", "the answer to a registration came after its intent was settled",
      """
      Several runs share the state in etcd. This run was paused, or had no connection to etcd for longer than its lease, between the request and the
      answer. Meanwhile a person settled the outcome: with apply --retry-unknown, import or orphans forget. The server may have another client
      now. The client of this answer is listed under orphans, with its token, and nothing of it is lost.
      """,
      help: ["see it: mcpauth orphans", "delete it: mcpauth orphans delete"]),
    Explanation(
      "state-moved", "the state is in another place now",
      """
      mcpauth state migrate copied the state to another place, and marked this one. A lock file of mcpauth state pull has the same mark: it is a
      copy for review. Two places with one state would soon differ, and servers would be registered twice.
      """,
      help: [
        "write the new place into the inventory: state: {store: etcd, …}, or no state block for the files",
        "to move it back: mcpauth state migrate --to file",
      ]),
    Explanation(
      "state-not-empty", "the place where the state should go has one already",
      """
      mcpauth state push and mcpauth state migrate write only into an empty place: another inventory may keep its state there. A place whose state
      was moved away counts as empty. mcpauth state pull replaces only an earlier copy, or a lock file of the same state.
      """,
      help: ["use another prefix, or another file", "remove what is there, if nothing of it is needed"]),
    Explanation(
      "stale-plan", "the saved plan no longer matches",
      """
      Since mcpauth plan --out, a server of the plan, its block in the inventory or its entry in the lock file has changed; or discovery finds another
      issuer or other endpoints. A saved plan is applied exactly as it was reviewed, or not at all. A change of a server that is not in the
      plan does not matter.
      """,
      help: ["make a new plan with mcpauth plan --out, and review it again"]),
    Explanation(
      "plan-invalid", "the file is not a valid plan",
      """
      It is a plan of mcpauth that is cut off, edited, or damaged. A plan must not be edited by hand.
      """,
      help: ["make a new one with mcpauth plan --out"]),
    Explanation(
      "plan-too-new", "the plan was made by a newer mcpauth",
      """
      This program does not know its version, so it cannot read all its members.
      """,
      help: ["use the same mcpauth for plan and apply"]),
    Explanation(
      "lock-invalid", "the lock file cannot be used",
      """
      It is not valid JSON, has a merge conflict, lacks a member, or has a server twice. The line is shown. Nothing is written until it is
      corrected: otherwise clients that exist would be registered again.
      """,
      help: [
        "resolve a conflict by entry with mcpauth state merge; the message has the commands",
        "set up the merge driver, so that a lock file never gets markers",
        "restore it from version control",
      ],
      example: """
        $ git config merge.mcpauth.driver 'mcpauth state merge %O %A %B %P'
        $ echo '*.lock.json merge=mcpauth' >> .gitattributes
        """),
    Explanation(
      "lock-too-new", "the lock file was written by a newer mcpauth",
      """
      This program does not know its version. Writing the file would lose what the newer program wrote.
      """,
      help: ["update mcpauth, here and in CI"]),
    Explanation(
      "lock-missing", "the lock file is missing",
      """
      There are traces of it: a noted lineage, secret records, or the lock file of an inventory that was renamed. Without the lock file every
      client would be registered a second time. With export: nothing was applied yet, or the file was not committed.
      """,
      help: [
        "restore it from version control",
        "after a rename: also rename the files that have the inventory's name, as the message shows",
        "to register every client again: mcpauth apply --allow-mass-change",
      ]),
    Explanation(
      "journal-invalid", "the journal is damaged",
      """
      A line before the last one does not match its checksum. The journal says which registrations had begun, so a damaged one cannot be used.
      (A last line that is cut off is normal: the run was killed while writing it.)
      """,
      help: [
        "restore .mcpauth/<inventory>/journal.jsonl from a backup",
        "if you know what that run did, move the journal away: clients that it registered may be left behind",
      ]),
    Explanation(
      "journal-foreign", "the journal belongs to another lock file",
      """
      It has another lineage, replaces entries that the lock file does not have, or has a line that fits neither an intent of the journal nor the
      lock file. Another branch was checked out after a run was interrupted, CI restored an old cache, or another user wrote lines. Using the
      journal would mix two histories.
      """,
      help: [
        "check out the lock file of the interrupted run, and apply there",
        "if no client of that run is needed, move the journal away: mv .mcpauth/<inventory>/journal.jsonl journal.old",
      ]),
    Explanation(
      "move-refused", "a server was not renamed, or secrets were not moved",
      """
      The new name is already in the lock file, or the server has a record that cannot be read or an unknown outcome. Nothing was changed.

      With secrets move: both stores are the same, so there is nothing to copy.
      """,
      help: ["do what the message says, then try again", "in the inventory: moved_from: OLD, and apply"]),
    Explanation(
      "merge-conflict", "both sides changed one server's entry",
      """
      The merged lock file is valid, without markers, and has the whole entry of one side: the side that replaced or
      removed the client, if only one did; if both kept it, the side with the newer secret; otherwise ours. The client of the other side
      becomes an orphan, so that the next apply can delete it. With --prefer this is a warning.
      """,
      help: [
        "review the file, then git add it",
        "to take the other side, merge again with --prefer theirs; the message has the commands, with the sides that git keeps",
      ]),
    Explanation(
      "merge-refused", "the lock files belong to different inventories",
      """
      Their lineages differ: each has its own first apply. All clients of one side would be left behind, so they cannot be merged by entry. Our
      side does not change.
      """,
      help: ["keep one of them: git checkout --ours, or --theirs", "then delete the clients of the other one"]),
    Explanation(
      "redirect-uris-differ", "the redirect URIs of a renamed server change with its name",
      """
      A redirect URI has {server} in it, and the server has a new name. Its client is registered with the old redirect URI, so the new name
      leads to an update or to a new client.
      """,
      help: ["keep the old redirect URI: redirect_uris in the server's oauth2 block, with the old name in it"]),
    Explanation(
      "still-in-inventory", "what was removed is still in the inventory",
      """
      state forget removed a server's entry from the lock file: the next apply registers another client. Or secrets remove removed a stored
      secret that a server still refers to: then the secret is missing.
      """,
      help: ["remove it from the inventory", "or adopt another client with mcpauth import"]),
  ]
}
