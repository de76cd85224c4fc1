extension Explanation {
  static let state: [Explanation] = [
    Explanation(
      "interrupted", "a signal ended the run",
      """
      SIGINT, SIGTERM or SIGHUP came: nothing new is begun, what is under way is finished for up to five seconds and stored, and the lock file
      is written. The servers that were not begun are named. A second signal ends at once, and the journal covers it.

      As a warning: an earlier run was broken off, or one is still going, and the lock file does not have all of it yet.
      """,
      help: ["apply again: it takes up where it was left"]),
    Explanation(
      "skipped", "a registration was not begun, for an earlier one at the issuer went wrong",
      """
      Another registration at the same issuer had no usable answer, or was told to come back later. What is wrong there would most likely happen
      again, and leave a client behind each time.
      """,
      help: ["settle the other server's problem first, then apply again"]),
    Explanation(
      "protected", "the server is protected, and its client would be replaced or removed",
      """
      protect: true keeps a client from being replaced or removed by any change. While the server is in the inventory its word there counts;
      without a block, the copy in the lock file does. Updates in place are allowed.
      """,
      help: [
        "write protect: false in the same edit, if it is meant", "take back what makes a new client necessary",
        "to remove a server: apply it with protect: false first, then delete its block",
      ]),
    Explanation(
      "mass-change", "so many clients would be replaced or removed that it looks like a mistake",
      """
      More than 30 % of the registered clients and more than three, or all of two or more. That is what a wrong inventory, a lock file of another
      branch or a changed default look like, and users of each of them would have to reconnect. Renewals at the same issuer do not count.
      The plan is shown all the same.
      """,
      help: [
        "look at the plan: is it the right inventory, and the right lock file?",
        "if it is meant: mcpauth apply --allow-mass-change", "or do it in parts, with --only NAME",
      ]),
    Explanation(
      "locked", "another run holds the lock",
      """
      Two runs at once would register the same server twice. The message says who holds it: process, machine, user, command, since when. The
      kernel frees the lock when that process ends, however it ends: it is never stale, and there is no file to delete.
      """,
      help: ["wait for it: --lock-timeout 5m", "plan, status and verify need no lock"]),
    Explanation(
      "stale-plan", "the saved plan is no longer what would be done",
      """
      Since mcpauth plan --out, a server of the plan, its block in the inventory or its entry in the lock file has changed; or discovery finds another
      issuer or other endpoints than were shown. What was reviewed is done exactly, or not at all. A change to a server that is not in
      the plan does not matter.
      """,
      help: ["make a new plan with mcpauth plan --out, and look at it again"]),
    Explanation(
      "plan-invalid", "the file is no plan that can be applied",
      """
      It says that it is a plan of mcpauth, and is cut off, edited, or damaged. A plan is never edited by hand: what it leaves out it would
      not do.
      """,
      help: ["make a new one with mcpauth plan --out"]),
    Explanation(
      "plan-too-new", "the plan was made by a newer mcpauth",
      """
      Its version is one that this program does not know. What a member that it does not know means, it cannot guess.
      """,
      help: ["use the same mcpauth for plan and apply"]),
    Explanation(
      "lock-invalid", "the lock file cannot be used",
      """
      It is no valid JSON, has a merge conflict in it, lacks a member, or names a server twice. The line is shown. Nothing is written before
      it is right again: from a half-read lock file clients would be registered that exist.
      """,
      help: [
        "resolve the conflict: mcpauth state merge does it by entry, and can be git's merge driver for it",
        "restore it from version control",
      ],
      example: """
        $ git config merge.mcpauth.driver 'mcpauth state merge %O %A %B %P'
        $ echo '*.lock.json merge=mcpauth' >> .gitattributes
        """),
    Explanation(
      "lock-too-new", "the lock file was written by a newer mcpauth",
      """
      Its version is one that this program does not know. Writing it would lose what the newer one put there.
      """,
      help: ["update mcpauth, here and in CI"]),
    Explanation(
      "lock-missing", "the lock file is gone",
      """
      There are traces of it: a noted lineage, secret records, or the lock file of an inventory that was renamed. Without it every client would be
      registered a second time, so that this is no fresh start. Of an export: nothing was applied yet, or the file was not
      committed.
      """,
      help: [
        "restore it from version control",
        "after a rename: rename what is named after the inventory too, as the message shows",
        "if every client is to be registered anew: mcpauth apply --allow-mass-change",
      ]),
    Explanation(
      "journal-invalid", "the journal is damaged",
      """
      A line before the last does not have its checksum. The journal says which registrations were under way, so that none of it is guessed. (A
      last line that is cut off is normal: the run was killed while writing it.)
      """,
      help: [
        "restore .mcpauth/<inventory>/journal.jsonl from a backup",
        "if it is known what that run did, move the journal away: what it had registered may then be left behind",
      ]),
    Explanation(
      "journal-foreign", "the journal belongs to another lock file",
      """
      It is of another lineage, or replaces entries that the lock file does not have: another branch was checked out after a run was broken off,
      or an old cache of CI came back. Folding it in would mix two histories.
      """,
      help: [
        "check out the lock file of the run that was broken off, and apply there",
        "if that run's clients are accounted for, move the journal away",
      ]),
    Explanation(
      "move-refused", "a server was not moved to another name, or the secrets not to another store",
      """
      The new name is taken in the lock file, or the move would tear something apart that belongs together: a record that cannot be read, an
      outcome that is unknown. Nothing was changed.

      Of secrets move: both stores are one and the same, so that what was copied would be taken away.
      """,
      help: ["do what the message says, then move it again", "in the inventory: moved_from: OLD, and apply"]),
    Explanation(
      "merge-conflict", "both sides changed one server's entry",
      """
      The merged lock file is valid, without markers, and has one side's entry whole: never a client that the other side gave up, then the one
      whose secret is newer, otherwise ours. The other side's client is on the orphans' list, so that the next apply deletes it where that can
      be done. With --prefer it is a warning.
      """,
      help: ["look at it, then git add the file", "to have it the other way round, merge again with --prefer theirs"]),
    Explanation(
      "merge-refused", "these lock files are not of one inventory",
      """
      Their lineages differ: each was begun by a first apply of its own. All clients of one side would be left behind, and no merge by entry is
      right. Our side is left as it was.
      """,
      help: ["keep one whole: git checkout --ours, or --theirs", "then see to the clients of the other one"]),
    Explanation(
      "redirect-uris-differ", "a moved server's redirect URIs go with its name",
      """
      A redirect URI has {server} in it, and the server has another name now. Its client is registered with the old address, so that the move leads to an
      update or to a new client.
      """,
      help: ["keep the old address: redirect_uris in the server's oauth2 block, with the old name written out"]),
    Explanation(
      "still-in-inventory", "what was taken away is still in the inventory",
      """
      state forget took a server's entry out of the lock file: the next apply begins anew with it, and registers another client. Or secrets
      remove took a stored secret away that a server still refers to: where it is needed it is secret-missing.
      """,
      help: ["take it out of the inventory", "or adopt another client with mcpauth import"]),
  ]
}
