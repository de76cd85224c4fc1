/* The journal of one machine (Reliability#Order-of-writes, Reliability#Recovery): two servers that are registered at
 * the same time, any number of runs, and a crash between any two steps.
 *
 * Bit k of a set of server s stands for the k-th registration of s: its intent, the client that it made, and the secret
 * record whose version is the id of the intent. What is between `atomic {` and `}` is one write, one request, or one
 * calculation in memory.
 *
 * -D NAME seeds the mistake NAME. Tests/Models/run lists the mistakes, with the property that finds each.
 */

#define S 2
/* How many registrations of server 0 there may be, and of server 1, whose client may be replaced. */
#ifndef FIRST
#define FIRST 2
#endif
#ifndef SECOND
#define SECOND 2
#endif
#define LIMIT(s) ((s) == 0 -> FIRST : SECOND)
#define K 3
#define BIT(k) (1 << (k))
#define HAS(set, k) (((set) >> (k)) & 1)
#define NONE 255
#define BIT_OF(client) ((client) == NONE -> 0 : BIT(client))

#define CHECK(property, holds) assert(holds)

/* The authorization server: the clients that exist. */
byte alive[S];

/* Durable: the journal, by kind of line. */
byte jIntent[S], jFailed[S], jRegistered[S], jUnknown[S], jRetried[S], jOrphaned[S], jSettled[S];
/* Durable: the secret records, and the copies of orphans' records. */
byte records[S], copies[S];
/* Durable: the lock file. Its orphans are in `listed` and, without a client id, in `unknown`. */
byte entry[S] = NONE;
byte listed[S], unknown[S], retried[S];

/* In memory: the lock of this run, and the clients that it deleted at their server. */
byte mEntry[S] = NONE;
byte mListed[S], mUnknown[S], mRetried[S], mGone[S];
/* A recovered entry, until discovery has confirmed it. */
byte mWaiting[S] = NONE;
/* The intents without a closing line that this run completed from their record. */
byte mCompleted[S];
bool mFailure, mRetries, mDiscovers;
/* The next step of each server; 0 when it is finished. */
mtype = { BEGIN, RETRIED, INTENT, POST, ANSWER, RECORD, ABANDON, COPY, REGISTERED, ORPHANED };
mtype next[S];
bool failed[S];

bool isRunning, isDown;

/* The inventory: which generation of the client is wanted. */
byte wish = 1;

/* Only the properties use these. */
byte made[S];    /* how many registrations there were */
byte second;     /* registrations of server 1 for generation 2 */
byte sent[S];    /* the POST was sent, and no answer says that no client was left */
byte told[S];    /* a person was told of it, and let mcpauth go on */
byte stored[S];  /* its record was durable once, and the client was not deleted */

#define OPEN(s) (jIntent[s] & ~(jFailed[s] | jRegistered[s] | jUnknown[s]))
#define IS_WAITING (mWaiting[0] != NONE || mWaiting[1] != NONE)
#define HAS_LINES (jIntent[0] || jIntent[1] || jRegistered[0] || jRegistered[1] || jSettled[0] || jSettled[1] || \
                   jRetried[0] || jRetried[1])
#define IS_CURRENT(s, k) ((s) == 0 || HAS(second, k) == (wish == 2))
/* Whether the old client k of server s can be deleted: no entry uses it, and its management token is in the store. */
#define IS_DELETABLE(s, k) (HAS(mListed[s] & (records[s] | copies[s]), k) && mEntry[s] != k && mWaiting[s] != k)

inline checkDurable() {
  for (i : 0 .. S - 1) {
    CHECK(EntryHasSecret, entry[i] == NONE || HAS(records[i], entry[i]));
    /* A line of the journal brings an entry into the lock file. A client that was deleted needs no record. */
    CHECK(EntryHasSecret, (jRegistered[i] & alive[i] & ~records[i]) == 0)
  }
}

inline writeLock() {
  atomic {
    for (i : 0 .. S - 1) {
      entry[i] = mEntry[i]; listed[i] = mListed[i]; unknown[i] = mUnknown[i]; retried[i] = mRetried[i]
    }
    printf("the lock file is written\n");
    checkDurable()
  }
}

inline clearJournal() {
  printf("the journal is emptied\n");
  for (i : 0 .. S - 1) {
    jIntent[i] = 0; jFailed[i] = 0; jRegistered[i] = 0; jUnknown[i] = 0; jRetried[i] = 0; jOrphaned[i] = 0;
    jSettled[i] = 0
  }
}

/* Makes k the entry of server i. Its old client goes on the orphans' list. */
inline adopt(k) {
  if
  :: mEntry[i] != k -> mListed[i] = mListed[i] | BIT_OF(mEntry[i])
  :: else
  fi;
  mEntry[i] = k
}

/* What a run knows after any crash. */
inline checkLoaded() {
  for (i : 0 .. S - 1) {
    CHECK(SecretKept, (stored[i] & ~(records[i] | copies[i])) == 0);
    CHECK(Named, (alive[i] & ~(BIT_OF(mEntry[i]) | mListed[i] | mUnknown[i] | told[i])) == 0);
    CHECK(SecretKept, (stored[i] & ~(BIT_OF(mEntry[i]) | mListed[i] | told[i])) == 0);
    CHECK(EntryWorks, (BIT_OF(mEntry[i]) & ~alive[i]) == 0);
    CHECK(EntryWorks, (BIT_OF(entry[i]) & ~alive[i]) == 0)
  }
}

/* JournalReplay and StateLoader. */
inline load() {
  for (i : 0 .. S - 1) {
    mEntry[i] = entry[i]; mListed[i] = listed[i];
    mUnknown[i] = unknown[i] | jUnknown[i]; mRetried[i] = retried[i] | jRetried[i];
    for (k : 0 .. K - 1) {
      if
      :: HAS(jRegistered[i], k) -> adopt(k)
      :: else
      fi
    }
    mListed[i] = (mListed[i] | jOrphaned[i]) & ~jSettled[i];
    mGone[i] = jSettled[i] & (listed[i] | BIT_OF(entry[i]));
#ifndef OPEN_INTENT_IGNORED
    for (k : 0 .. K - 1) {
      if
      :: HAS(OPEN(i), k) && HAS(records[i], k) -> adopt(k); mCompleted[i] = mCompleted[i] | BIT(k)
      :: HAS(OPEN(i), k) && !HAS(records[i], k) -> mUnknown[i] = mUnknown[i] | BIT(k)
      :: else
      fi
    }
#endif
    /* A client that is in use is no orphan, unless the lock file says so. */
    mListed[i] = mListed[i] & ~(BIT_OF(mEntry[i]) & ~listed[i])
  }
  checkLoaded();
  /* Nothing depends on these any more. Without them there are fewer states. */
  sent[1] = sent[1] & (wish == 2 -> second : BIT(K) - 1);
  told[0] = told[0] & (sent[0] | alive[0]); told[1] = told[1] & (sent[1] | alive[1]);
  for (i : 0 .. S - 1) {
    /* The lock gets a recovered entry when discovery has confirmed it. */
    if
    :: mEntry[i] != entry[i] ->
      mWaiting[i] = mEntry[i];
      mEntry[i] = entry[i];
      mListed[i] = mListed[i] & ~(BIT_OF(entry[i]) & ~listed[i])
    :: else
    fi
  }
}

/* The records of clients that are deleted at their server. */
inline removeRecords() {
  atomic {
    for (i : 0 .. S - 1) {
      mGone[i] = mGone[i] & ~(mListed[i] | BIT_OF(mEntry[i]) | BIT_OF(mWaiting[i]));
      records[i] = records[i] & ~mGone[i]
    }
    printf("records of deleted clients are removed\n");
    checkDurable()
  }
  atomic {
    for (i : 0 .. S - 1) { copies[i] = copies[i] & ~mGone[i]; mGone[i] = 0 }
  }
}

/* Completes what an interrupted run left, before anything else (LockedRun.foldJournal). */
inline foldJournal() {
  removeRecords();
  writeLock();
  if
  :: IS_WAITING ->
    atomic {
      for (i : 0 .. S - 1) {
        if
        :: mWaiting[i] != NONE -> copies[i] = copies[i] | (BIT_OF(entry[i]) & records[i])
        :: else
        fi
      }
    }
    atomic {
      /* The journal keeps its lines, and gets what was decided. */
      for (i : 0 .. S - 1) {
        jFailed[i] = jFailed[i] | (OPEN(i) & ~records[i]);
        jRegistered[i] = jRegistered[i] | mCompleted[i]
      }
      checkDurable()
    }
  :: else -> atomic { clearJournal() }
  fi
}

inline emptyJournal() {
  atomic {
    if
    :: !mFailure && !IS_WAITING && !OPEN(0) && !OPEN(1) -> clearJournal()
    :: else
    fi
  }
}

/* LockedRun.settle. */
inline settle() {
#ifdef JOURNAL_EMPTIED_FIRST
  emptyJournal();
  writeLock()
#else
  writeLock();
  emptyJournal()
#endif
}

/* Deletes old clients at their servers, any of them in any order (OrphanSweep). Only server 1 has old clients. */
inline sweep() {
  do
  :: break
  :: atomic {
      if
      :: IS_DELETABLE(1, 0) -> n = 0
      :: IS_DELETABLE(1, 1) -> n = 1
      fi;
      printf("server 1: the deletion of client %d\n", n);
#ifdef RECORD_REMOVED_BEFORE_DELETION
      records[1] = records[1] & ~BIT(n); copies[1] = copies[1] & ~BIT(n);
#endif
#if defined(RECORD_REMOVED_BEFORE_DELETION) || defined(UNANSWERED_DELETION_SETTLED)
      if
      :: skip /* The request does not come to the server. */
      :: alive[1] = alive[1] & ~BIT(n); stored[1] = stored[1] & ~BIT(n); told[1] = told[1] & ~BIT(n)
      fi
#else
      alive[1] = alive[1] & ~BIT(n); stored[1] = stored[1] & ~BIT(n); told[1] = told[1] & ~BIT(n)
#endif
    }
    atomic {
      if
#ifdef UNANSWERED_DELETION_SETTLED
      :: true ->
#else
      :: !HAS(alive[1], n) ->
#endif
        printf("server 1: the line 'settled' of client %d\n", n);
        jSettled[1] = jSettled[1] | BIT(n); mListed[1] = mListed[1] & ~BIT(n); mGone[1] = mGone[1] | BIT(n)
      :: skip /* The answer is lost. The next run tries again. */
      fi;
      n = 0
    }
  od
}

/* The next step of one registration (ClientRegistration). The two servers have issuers of their own. */
inline step(s) {
  k = (made[s] == 0 -> 0 : made[s] - 1);
  if
  :: next[s] == BEGIN ->
    if
    :: mWaiting[s] != NONE && mDiscovers ->
      mListed[s] = mListed[s] | BIT_OF(mEntry[s]);
      mEntry[s] = mWaiting[s];
      mWaiting[s] = NONE
    :: else
    fi;
    if
    :: mEntry[s] != NONE && IS_CURRENT(s, mEntry[s]) -> next[s] = 0
    :: else ->
      if
      :: !mDiscovers || made[s] == LIMIT(s) || mFailure -> failed[s] = true; next[s] = 0
      :: else ->
        if
#ifdef UNKNOWN_NOT_BLOCKED
        :: true -> next[s] = INTENT
#else
        :: (mUnknown[s] & ~mRetried[s]) == 0 -> next[s] = INTENT
#endif
        :: else -> next[s] = (mRetries -> RETRIED : 0) /* otherwise blocked with registration-outcome-unknown */
        fi
      fi
    fi
  :: next[s] == RETRIED ->
    printf("server %d: unknown outcomes are marked as retried\n", s);
    jRetried[s] = jRetried[s] | mUnknown[s]; mRetried[s] = mUnknown[s]; told[s] = told[s] | mUnknown[s];
    next[s] = INTENT
  :: next[s] == INTENT ->
    k = made[s];
    made[s]++;
    second = second | (s == 1 && wish == 2 -> BIT(k) : 0);
#ifndef INTENT_AFTER_POST
    printf("server %d: the intent of registration %d\n", s, k);
    jIntent[s] = jIntent[s] | BIT(k);
#endif
    next[s] = POST
  :: next[s] == POST ->
    printf("server %d: the POST of registration %d\n", s, k);
    for (i : 0 .. K - 1) {
      CHECK(RegisteredOnce, i >= k || !HAS(sent[s] & ~told[s], i) || s == 1 && HAS(second, i) != HAS(second, k))
    }
    sent[s] = sent[s] | BIT(k);
    if
    :: alive[s] = alive[s] | BIT(k)
    :: skip
    fi;
    next[s] = ANSWER
  :: next[s] == ANSWER ->
#ifdef INTENT_AFTER_POST
    printf("server %d: the intent of registration %d\n", s, k);
    jIntent[s] = jIntent[s] | BIT(k);
#endif
    if
    :: HAS(alive[s], k) -> next[s] = RECORD
    :: !HAS(alive[s], k) ->
      printf("server %d: registration %d is refused\n", s, k);
      sent[s] = sent[s] & ~BIT(k); jFailed[s] = jFailed[s] | BIT(k); failed[s] = true; next[s] = 0
    :: printf("server %d: registration %d gets no answer\n", s, k);
      jUnknown[s] = jUnknown[s] | BIT(k); mUnknown[s] = mUnknown[s] | BIT(k); next[s] = 0
    fi
  :: next[s] == RECORD ->
#ifdef REGISTERED_BEFORE_RECORD
    printf("server %d: the line 'registered' of client %d\n", s, k);
    jRegistered[s] = jRegistered[s] | BIT(k);
    checkDurable();
#endif
    if
    :: printf("server %d: the secret record of client %d\n", s, k);
      records[s] = records[s] | BIT(k); stored[s] = stored[s] | BIT(k);
      next[s] = (mEntry[s] == NONE -> REGISTERED : COPY)
    :: printf("server %d: the secret record of client %d cannot be written\n", s, k);
      mFailure = true; next[s] = ABANDON
    fi
  :: next[s] == ABANDON ->
    if
    :: printf("server %d: client %d is deleted again\n", s, k);
      alive[s] = alive[s] & ~BIT(k); sent[s] = sent[s] & ~BIT(k)
    :: told[s] = told[s] | BIT(k) /* the error names issuer and client id */
    fi;
    failed[s] = true; next[s] = 0
  :: next[s] == COPY ->
    copies[s] = copies[s] | (BIT(mEntry[s]) & records[s]);
    next[s] = REGISTERED
  :: next[s] == REGISTERED ->
    printf("server %d: the line 'registered' of client %d\n", s, k);
    jRegistered[s] = jRegistered[s] | BIT(k);
    checkDurable();
    if
    :: mEntry[s] == NONE -> mEntry[s] = k; next[s] = 0
    :: else -> next[s] = ORPHANED
    fi
  :: next[s] == ORPHANED -> /* the same append, but a crash can cut it here */
    printf("server %d: the line 'orphaned' of client %d\n", s, mEntry[s]);
    jOrphaned[s] = jOrphaned[s] | BIT(mEntry[s]);
    mListed[s] = mListed[s] | BIT(mEntry[s]);
    mEntry[s] = k;
    next[s] = 0
  fi;
  k = 0; i = 0
}

/* After an apply without a crash: each server has the client that is wanted, or a reason why not. */
inline checkDone() {
  for (i : 0 .. S - 1) {
    CHECK(Done, failed[i] || mFailure || (mUnknown[i] & ~mRetried[i]) || mEntry[i] != NONE && IS_CURRENT(i, mEntry[i]));
    failed[i] = false
  }
  mDiscovers = false; mRetries = false; i = 0
}

/* The memory of the run is gone. */
inline forget() {
  isRunning = false; mFailure = false; mRetries = false; mDiscovers = false;
  for (i : 0 .. S - 1) {
    mEntry[i] = NONE; mWaiting[i] = NONE; mListed[i] = 0; mUnknown[i] = 0; mRetried[i] = 0; mGone[i] = 0;
    mCompleted[i] = 0; next[i] = 0; failed[i] = false
  }
}

active proctype Machine() {
  byte i, k, n;
  do
  :: atomic {
      printf("a run begins\n");
      isRunning = true;
      /* A person may change the inventory between two runs. */
      if
      :: wish == 1 -> printf("a person changes server 1\n"); wish = 2
      :: skip
      fi;
      load();
      i = 0; k = 0
    }
    {
      if
      :: HAS_LINES -> foldJournal()
      :: else
      fi;
      if
      :: atomic { mUnknown[0] || mUnknown[1] -> printf("mcpauth orphans forget\n");
          for (i : 0 .. S - 1) { told[i] = told[i] | mUnknown[i]; mUnknown[i] = 0; mRetried[i] = 0 }
        }
        settle()
      :: atomic { printf("mcpauth apply\n");
          if
          :: mRetries = true
          :: skip
          fi;
          if
          :: mDiscovers = true
          :: skip
          fi;
          next[0] = BEGIN; next[1] = BEGIN
        }
        do
        :: atomic { next[0] -> step(0) }
        :: atomic { next[1] -> step(1) }
        :: entry[0] != mEntry[0] || entry[1] != mEntry[1] -> writeLock() /* many entries have changed */
        :: atomic { !next[0] && !next[1] -> checkDone(); break }
        od;
#ifdef DELETED_BEFORE_LOCK
        sweep();
#endif
        settle();
        sweep();
        removeRecords();
        settle()
      fi
    } unless { isDown };
    atomic { forget(); isDown = false; i = 0; k = 0; n = 0 }
  od
}

active proctype Crash() {
  byte i;
  do
  :: atomic { isRunning && !isDown -> printf("a crash\n"); isDown = true; forget();
#ifdef INTENT_NOT_SYNCED
      if
      :: jIntent[0] = jIntent[0] & ~(OPEN(0) & ~records[0])
      :: skip
      fi;
#endif
      i = 0
    }
  od
}
