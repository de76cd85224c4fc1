extension Explanation {
  static let secrets: [Explanation] = [
    Explanation(
      "secret-missing", "a secret is not where it should be",
      """
      Either the record that the lock file names is not in the store (another machine, a cleaned work tree, a store that was not committed), or
      what a reference points to is not set or empty. Only this server is blocked. Nothing is registered in its place by itself: a missing
      file is no reason to lock users out.
      """,
      help: [
        "restore the record from where the last apply ran, or set the variable or file that is named",
        "a value of your own, {stored: KEY}: mcpauth secrets set KEY",
        "if the inventory names another store than before: mcpauth secrets move --from STORE",
        "if it is gone for good: mcpauth rotate NAME, or raise generation; users must then reconnect",
      ]),
    Explanation(
      "secret-unreadable", "a secret is there and cannot be read",
      """
      The record is damaged, encrypted to an identity that is not here, or this user may not read it. The age store needs an identity only
      to read: plan and new registrations go on without one, and servers whose old secret is needed are blocked.
      """,
      help: [
        "run where the identity is: MCPAUTH_AGE_KEY or MCPAUTH_AGE_KEY_FILE",
        "after the recipients changed: mcpauth secrets rekey, with an old identity",
        "restore a damaged record from a backup or from git",
        "if it is gone for good: mcpauth rotate NAME",
      ],
      sources: ["age-encryption.org/v1"]),
    Explanation(
      "secret-mismatch", "a secret record does not belong to its entry in the lock file",
      """
      Each record carries the server, lineage, issuer, client id, version and endpoints that it was made for, and is used only if all of them
      are the lock's. A file that was copied to another name, or a lock file in which an endpoint was edited, must not work: the secret would
      be sent to the wrong server.
      """,
      help: [
        "restore the record that belongs to this lock file, or the lock file that belongs to it",
        "mcpauth rotate NAME, if neither can be had",
      ]),
    Explanation(
      "records-kept", "records are kept that the lock file does not name",
      """
      A record stays in the store when its client is replaced, or its server removed or renamed: the lock file of another branch may name it.
      It is removed when its client is deleted at its server, or by mcpauth secrets prune.
      """,
      help: ["see which they are, and remove those that no branch needs: mcpauth secrets prune"]),
    Explanation(
      "recipients-unknown", "for whom the records of an age store were encrypted is not known",
      """
      The file `recipients` beside the records says to whom they are encrypted, so that a plan can show a new recipient. There are records,
      and the file is missing: it was not committed, or somebody removed it.
      """,
      help: [
        "restore it from version control",
        "or encrypt everything to the recipients in the inventory: mcpauth secrets rekey",
      ]),
    Explanation(
      "secret-shared", "stored values stay in the store that they were moved from",
      """
      A credential helper keeps the values of {stored: KEY} for all inventories that use it. `mcpauth secrets move` copies those that this
      inventory refers to, and does not remove them from the helper: another inventory may still use them.
      """,
      help: ["if no other inventory uses them, remove them there: mcpauth secrets remove KEY"]),
    Explanation(
      "store-not-durable", "secrets would not outlive this runner",
      """
      CI is set, and the inventory does not name its secret store, or names the directory store with a folder inside the work tree. That
      is gone with the runner, or with the next checkout: the next run would find clients registered and their secrets lost. Nothing is
      registered before that is decided.

      The work tree is the nearest folder above the inventory that has a .git, otherwise the inventory's folder; and what the runner calls
      its workspace.
      """,
      help: [
        "keep them encrypted in git: secrets: {store: age, recipients: [age1…]}, with a key of mcpauth secrets keygen",
        "or in a folder that stays: secrets: {store: directory, path: /var/lib/mcpauth}",
      ]),
    Explanation(
      "store-failed", "something of ours could not be written or read",
      """
      The lock file, the journal, a secret record or a saved plan: a full disk, a read-only folder, a permission, a link where a file should be, a
      credential helper that fails. All of it is tried before the first registration, so that nothing is created that cannot be
      kept. What was there stays as it was.
      """,
      help: ["mend what the message names, and apply again: what was under way is taken up from the journal"]),
    Explanation(
      "store-program-refused", "the inventory names a program that may not be run",
      """
      The helper store runs a program, docker-credential-NAME, that the inventory names. The inventory's word alone is not enough: a pull
      request could have any such program run. The environment variable MCPAUTH_STORE_PROGRAMS names those that may be run, by
      their whole names, separated by commas. On a terminal you are asked instead, once a run.
      """,
      help: ["if it is meant: MCPAUTH_STORE_PROGRAMS=docker-credential-pass"]),
    Explanation(
      "unsafe-file", "somebody else could have written a file of mcpauth's",
      """
      The folder .mcpauth, the folder of a directory store, and every file in them that is opened belong to mcpauth alone. One of them
      belongs to another user, can be written by others, or is a hard link. Nothing was read from it or written to it. Allowed owners
      are you, root, and the owner of the folder that .mcpauth is in.
      """,
      help: [
        "look at what is in it, then mend it with the command that the message shows",
        "if you cannot say where it comes from, move it away; rotate the secrets in it",
      ]),
    Explanation(
      "store-unsupported", "this store cannot do what is asked",
      """
      The inventory names a store that this mcpauth does not have, such as etcd, or a command asks for something that the store does not have, such as
      rekey where nothing is encrypted to recipients.
      """,
      help: ["use a store that can: directory, age or helper"]),
    Explanation(
      "secret-store-exposed", "others on this machine could read the secrets",
      """
      The secrets' folder, or a record in it, was open to other users. It has been closed (0700 and 0600), unless the message says that this
      failed. Whether somebody looked cannot be told.
      """,
      help: ["if others use this machine: mcpauth rotate NAME", "look for what opened it: a umask, a copy, a restore"]),
  ]
}
