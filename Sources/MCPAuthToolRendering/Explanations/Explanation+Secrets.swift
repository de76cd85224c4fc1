extension Explanation {
  static let secrets: [Explanation] = [
    Explanation(
      "secret-missing", "a secret is missing",
      """
      Either the record that the lock file names is not in the store (another machine, a cleaned work tree, a store that was not committed), or
      the value of a reference is not set or empty. Only this server is blocked. No new client is registered automatically, because users
      would have to reconnect.
      """,
      help: [
        "restore the record from the machine of the last apply, or set the variable or file",
        "a value of your own, {stored: KEY}: mcpauth secrets set KEY",
        "if the inventory names another store than before: mcpauth secrets move --from STORE",
        "if it is lost: mcpauth rotate NAME, or raise generation; users must then reconnect",
      ]),
    Explanation(
      "secret-unreadable", "a secret cannot be read",
      """
      The record is damaged, encrypted to an identity that is not available here, or this user may not read it. The age store needs an
      identity only for reading: plan and new registrations work without one, and servers whose old secret is needed are blocked.
      """,
      help: [
        "provide the identity: MCPAUTH_AGE_KEY or MCPAUTH_AGE_KEY_FILE",
        "after the recipients changed: mcpauth secrets rekey, with an old identity",
        "restore a damaged record from a backup or from git",
        "if it is lost: mcpauth rotate NAME",
      ],
      sources: ["age-encryption.org/v1"]),
    Explanation(
      "secret-mismatch", "a secret does not match the lock file",
      """
      Each record has the server, lineage, issuer, client id, version and endpoints that it was made for. It is used only if all of them are
      equal to those in the lock file. Otherwise a copied record, or an endpoint edited in the lock file, could send the secret to the wrong server.

      A client that the inventory names has no record. `verify` discovers its server first, and an export with --secrets inline needs the
      inventory to confirm the URL and the endpoints in the lock file.
      """,
      help: [
        "restore the record that belongs to this lock file, or the lock file that belongs to it",
        "if neither is available: mcpauth rotate NAME",
        "if the endpoints of a preregistered client have moved: mcpauth apply --refresh",
        "for its export: write issuer, or authorization_endpoint and token_endpoint",
      ]),
    Explanation(
      "records-kept", "records are kept that the lock file does not name",
      """
      A record stays in the store when its client is replaced, or its server removed or renamed: the lock file of another branch may name it.
      It is removed when its client is deleted at its server, or by mcpauth secrets prune.
      """,
      help: ["see which they are, and remove those that no branch needs: mcpauth secrets prune"]),
    Explanation(
      "recipients-unknown", "it is not known to whom the records of an age store were encrypted",
      """
      The file `recipients` beside the records says to whom they are encrypted, so that a plan can show a new recipient. There are records,
      and the file is missing: it was not committed, or somebody removed it.
      """,
      help: [
        "restore it from version control",
        "or encrypt everything to the recipients in the inventory: mcpauth secrets rekey",
      ]),
    Explanation(
      "secret-shared", "stored values were not removed from the old store",
      """
      A credential helper, or the program of an exec store, keeps the values of {stored: KEY} for all inventories that use it.
      `mcpauth secrets move --remove` copies those that this inventory refers to, and does not remove them from there: another inventory may
      still use them.
      """,
      help: ["if no other inventory uses them, remove them there: mcpauth secrets remove KEY"]),
    Explanation(
      "store-not-durable", "secrets would be lost with this runner",
      """
      CI is set, and the inventory does not name its secret store, or names the directory store with a folder inside the work tree. Such a
      folder is lost with the runner, or with the next checkout: the next run would find clients registered and their secrets lost. Nothing
      is registered until the inventory names a store that is kept.

      The work tree is the nearest folder above the inventory that has a .git, otherwise the inventory's folder; and also the folder that the
      runner calls its workspace.
      """,
      help: [
        "keep them encrypted in git: secrets: {store: age, recipients: [age1…]}, with a key of mcpauth secrets keygen",
        "or in a folder that is kept: secrets: {store: directory, path: /var/lib/mcpauth}",
      ]),
    Explanation(
      "store-failed", "a file or store could not be written or read",
      """
      It concerns the lock file, the journal, a secret record or a saved plan. Causes are a full disk, a read-only folder, a permission, a link
      in place of a file, a program of a store that fails, or a kv2 store that is sealed, refuses the request or does not answer. Writing is
      tested before the first registration, so that no client is created whose secret cannot be kept. Existing files do not change.
      """,
      help: ["correct what the message names, and apply again: it continues from the journal"]),
    Explanation(
      "store-outcome-unknown", "the answer of the secret store was lost",
      """
      A record was sent to a kv2 store or a store program, no answer said that it was stored, and it could not be read back: it may be stored
      or not. The client stays at its server, and no other registration begins. The next apply continues with the client if its record is there. If it is not, the server
      is blocked as registration-outcome-unknown, and the message of this run has the id of the client.
      """,
      help: ["when the store answers again: mcpauth apply"]),
    Explanation(
      "store-program-refused", "the inventory names a program that may not be run",
      """
      The stores helper and exec run a program that the inventory names: docker-credential-NAME or mcpauth-store-NAME. The inventory alone is
      not enough: otherwise a pull request could choose any such program. The environment variable MCPAUTH_STORE_PROGRAMS has the full names of
      the programs that may be run, separated by commas. On a terminal you are asked instead, once per run. A plan runs the program of an exec
      store only with the command that the lock file has; otherwise this is a warning.
      """,
      help: ["if this is intended: MCPAUTH_STORE_PROGRAMS=docker-credential-pass"]),
    Explanation(
      "store-address-refused", "the inventory names a store at an address that is not allowed",
      """
      A kv2 or etcd store sends its credential to the address that the inventory names. The inventory alone is not enough: otherwise a pull request
      could have the credential sent to any host. The environment variable MCPAUTH_STORE_ADDRESSES has the addresses that may get it,
      separated by commas, written as in the inventory. On a terminal you are asked instead, once per run. Nothing was sent.
      """,
      help: ["if this is intended: MCPAUTH_STORE_ADDRESSES=https://bao.example.com:8200"]),
    Explanation(
      "unsafe-file", "another user could have written a file of mcpauth",
      """
      The folder .mcpauth, the folder of a directory store, and every file in them that is opened belong to mcpauth alone. One of them
      belongs to another user, can be written by others, or is a hard link. Nothing was read from it or written to it. Allowed owners
      are you, root, and the owner of the folder that .mcpauth is in.
      """,
      help: [
        "look at what is in it, then repair it with the command that the message shows",
        "if you cannot say where it comes from, move it away; rotate the secrets in it",
      ]),
    Explanation(
      "store-unsupported", "the store does not support this",
      """
      A command needs something that the store does not have, such as rekey for a store without recipients, or state pull for an inventory
      whose state is in files.
      """,
      help: ["use another store: directory, age, helper, exec, kv2 or etcd"]),
    Explanation(
      "secret-store-exposed", "other users of this machine could read the secrets",
      """
      The folder of the secrets, or a record in it, could be read by other users. The permissions were corrected (0700 and 0600), unless the
      message says that this failed. It is not known whether somebody read the secrets.
      """,
      help: ["if others use this machine: mcpauth rotate NAME", "find the cause: a umask, a copy, a restore"]),
  ]
}
