/* Claims, intents, commits and fencing in etcd (Reliability#Many-runners): two runners that share three servers, two of
 * them at one issuer.
 *
 * Up to FAULTS faults come at any step: a runner is killed and replaced; a runner is paused until its lease has
 * expired, and goes on; a registration is refused, or its answer is lost; a transaction of etcd gets no answer. Such a
 * transaction is applied at any later time, or never. An intent that is left is completed from its record, or a person
 * settles it.
 *
 * Client k of server s is the one that the intent k of s registered. Each intent has a number of its own, as each key
 * of etcd has a create_revision of its own. What is between `atomic {` and `}` is one transaction or one request.
 *
 * -D NAME seeds the mistake NAME. Tests/Models/run lists the mistakes, with the property that finds each.
 */

#ifndef SERVERS
#define SERVERS 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
/* Registrations of each server, at most. */
#ifndef LIMIT
#define LIMIT 2
#endif
#define ISSUER_OF(s) ((s) == 2 -> 1 : 0)
/* The clients of server 1 are public: they have no record. */
#define HAS_RECORD(s) ((s) != 1)
#define BIT(k) ((k) == 0 -> 0 : 1 << ((k) - 1))
#define HAS(set, k) (((set) & BIT(k)) != 0)

#define CHECK(property, holds) assert(holds)

/* The authorization servers: the clients that exist. */
byte alive[3];

/* The keys in etcd. A claim and an issuer's key hold the number of a lease; 0 is an absent key. Records and orphans are
 * sets of clients. */
byte claim[3], intent[3], entry[3], records[3], orphans[3], issuer[2];
/* The leases that have not expired. */
short leases;

/* A transaction without an answer that was not applied yet. */
mtype = { REST, CLAIM, CLAIM_UNANSWERED, POST, ANSWER, REFUSED, RECORD, RECORD_UNANSWERED, RESULT, RESULT_UNANSWERED,
          ORPHAN };
mtype late = 0;
byte lateServer, lateIntent, lateSeen, lateLease;

/* The runners: the next step, the server, the intent, the entry that was seen, and the lease. */
mtype step[2] = REST;
byte at[2], mine[2], seen[2], lease[2];

/* The inventory: which generation of the last server's client is wanted. */
byte wish = 1;
#define LAST (SERVERS - 1)

byte faults;

/* Only the properties use these. */
byte made[3];          /* how many intents there were */
byte second;           /* registrations of the last server for generation 2 */
byte sent[3];          /* the POST was sent, and was not refused */
byte told[3];          /* a person settled the intent */
byte stored[3];        /* the record was stored once */
bool isPosting[2];
bool isUnbroken[2];    /* the lease has not expired since the claim */

#define IS_CURRENT(s, k) ((k) != 0 && ((s) != LAST || HAS(second, k) == (wish == 2)))
#define IS_WANTED(s) ((s) < SERVERS && !IS_CURRENT(s, entry[s]) && intent[s] == 0 && claim[s] == 0 && made[s] < LIMIT)
/* Its runner is gone, or was paused too long. */
#define IS_LEFT(s) (intent[s] != 0 && claim[s] == 0)
/* The runners are the same, so it does not matter which of them is the first to begin. */
#define MAY_BEGIN (r == 0 || step[0] != REST || made[0] || made[1] || made[2])
#define IS_ALIVE(l) ((leases >> (l)) & 1)
#define IS_AT(r, s) (step[r] != REST && at[r] == s)
#ifdef REPLACED
#define MAY_CHANGE(s) ((s) == LAST && wish == 1)
#else
#define MAY_CHANGE(s) false
#endif

inline check(s) {
  CHECK(Named, (alive[s] & ~(BIT(entry[s]) | orphans[s] | BIT(intent[s]) | told[s])) == 0);
  CHECK(SecretKept, (stored[s] & ~records[s]) == 0);
  CHECK(SecretKept, (stored[s] & ~(BIT(entry[s]) | orphans[s] | BIT(intent[s]))) == 0);
  CHECK(EntryHasSecret, !HAS_RECORD(s) || (BIT(entry[s]) & ~records[s]) == 0);
  CHECK(EntryNotOrphaned, !HAS(orphans[s], entry[s]))
}

/* Claim, issuer and intent in one transaction. */
inline claimAndIntend(s, k, before, l, isApplied) {
  isApplied = claim[s] == 0 && entry[s] == before && IS_ALIVE(l);
#ifndef INTENT_NOT_COMPARED
  isApplied = isApplied && intent[s] == 0;
#endif
#ifndef ISSUER_NOT_COMPARED
  isApplied = isApplied && issuer[ISSUER_OF(s)] == 0;
#endif
  if
  :: isApplied -> printf("server %d: claim of lease %d, intent %d\n", s, l, k);
    claim[s] = l; issuer[ISSUER_OF(s)] = l; intent[s] = k
  :: else -> printf("server %d: claim of lease %d, intent %d: a comparison fails\n", s, l, k)
  fi
}

/* The secret record. */
inline putRecord(s, k, isApplied) {
#ifdef RECORD_NOT_FENCED
  isApplied = !HAS(records[s], k);
#else
  isApplied = !HAS(records[s], k) && intent[s] == k;
#endif
  if
  :: isApplied -> printf("server %d: record of client %d\n", s, k);
    records[s] = records[s] | BIT(k); stored[s] = stored[s] | BIT(k)
  :: else -> printf("server %d: record of client %d: a comparison fails\n", s, k)
  fi;
  check(s)
}

/* The entry, and the old client among the orphans. The same transaction removes claim and intent. */
inline putEntry(s, k, before, isApplied) {
#ifdef RESULT_NOT_FENCED
  isApplied = entry[s] == before;
#else
  isApplied = entry[s] == before && intent[s] == k;
#endif
  if
  :: isApplied -> printf("server %d: client %d is the entry\n", s, k);
    orphans[s] = orphans[s] | BIT(entry[s]);
    entry[s] = k;
    claim[s] = 0; intent[s] = 0
  :: else -> printf("server %d: client %d is the entry: a comparison fails\n", s, k)
  fi;
  check(s)
}

/* The transaction gets no answer. It is applied later, or never. */
inline loseAnswer(kind) {
  printf("runner %d: no answer from etcd\n", r);
  faults++;
  late = kind; lateServer = s; lateIntent = mine[r]; lateSeen = seen[r]; lateLease = lease[r]
}

inline release(s) {
  if
  :: claim[s] == lease[r] -> claim[s] = 0
  :: else
  fi;
  if
  :: issuer[ISSUER_OF(s)] == lease[r] -> issuer[ISSUER_OF(s)] = 0
  :: else
  fi
}

/* Nothing touches a server any more that has its entry, and that no runner works at. All states of such a server are
 * made one, so that there are fewer. */
inline finish(s) {
  if
  :: IS_CURRENT(s, entry[s]) && !intent[s] && !claim[s] && !(late && lateServer == s) && !IS_AT(0, s) && !IS_AT(1, s) &&
     !MAY_CHANGE(s) ->
    entry[s] = 1; records[s] = HAS_RECORD(s); alive[s] = 1; stored[s] = HAS_RECORD(s);
    orphans[s] = 0; told[s] = 0; sent[s] = 0; made[s] = LIMIT;
    second = (s == LAST && wish == 2 -> 1 : second)
  :: else
  fi
}

/* The runner is finished with a server. */
inline rest() {
  step[r] = REST; at[r] = 0; mine[r] = 0; seen[r] = 0; isUnbroken[r] = false;
  finish(s);
  /* The number of the lease says nothing then. */
  if
  :: IS_ALIVE(lease[r]) && !late && lease[r] > r + 1 && !IS_ALIVE(r + 1) ->
    leases = leases & ~(1 << lease[r]) | (1 << (r + 1)); lease[r] = r + 1
  :: else
  fi
}

/* The runner has the answer of its registration, and goes on with other servers. */
inline restAfterAnswer() {
  CHECK(SecretKept, entry[s] == mine[r] || HAS(orphans[s], mine[r]));
  CHECK(SecretKept, !HAS_RECORD(s) || HAS(records[s], mine[r]));
  release(s); check(s); rest()
}

inline begin() {
  if
  :: IS_ALIVE(lease[r])
  :: else -> lease[r] = lease[r] + 2; leases = leases | (1 << lease[r])
  fi;
  at[r] = s; seen[r] = entry[s]; step[r] = CLAIM
}

proctype Runner(byte r) {
  byte s;
  bool ok;
end:
  do
  :: atomic { step[r] == REST && MAY_BEGIN && (IS_WANTED(0) || IS_WANTED(1) || IS_WANTED(2)) ->
      if
      :: IS_WANTED(0) -> s = 0
      :: IS_WANTED(1) -> s = 1
      :: IS_WANTED(2) -> s = 2
      fi;
      begin(); s = 0
    }
  :: atomic { step[r] == CLAIM ->
      s = at[r];
      if
      :: made[s] == LIMIT -> rest()
      :: else ->
        made[s]++;
        mine[r] = made[s];
        isUnbroken[r] = true;
        if
        :: s == LAST -> second = second & ~BIT(mine[r]) | (wish == 2 -> BIT(mine[r]) : 0)
        :: else
        fi;
        if
        :: claimAndIntend(s, mine[r], seen[r], lease[r], ok);
          if
          :: ok -> step[r] = POST
          :: else -> made[s]--; second = rest()
          fi
        :: faults < FAULTS && !late -> loseAnswer(CLAIM);
#ifdef CLAIM_NOT_READ_BACK
          step[r] = POST
#else
          step[r] = CLAIM_UNANSWERED
#endif
        fi
      fi;
      s = 0; ok = 0
    }
  :: atomic { step[r] == CLAIM_UNANSWERED ->
      s = at[r];
      if
      :: intent[s] == mine[r] -> step[r] = POST
      :: else -> rest()
      fi;
      s = 0
    }
  :: atomic { step[r] == POST ->
      s = at[r];
      printf("runner %d: POST for intent %d of server %d\n", r, mine[r], s);
      CHECK(RegisteredOnce, HAS(told[s], mine[r]) || (sent[s] & ~told[s] &
                              (s != LAST -> 255 : (HAS(second, mine[r]) -> second : ~second))) == 0);
      CHECK(OneAtATime, !(isPosting[1 - r] && ISSUER_OF(at[1 - r]) == ISSUER_OF(s) && isUnbroken[0] && isUnbroken[1]));
      sent[s] = sent[s] | BIT(mine[r]);
      isPosting[r] = true;
      if
      :: alive[s] = alive[s] | BIT(mine[r])
      :: faults < FAULTS -> faults++ /* refused, or lost on its way */
      fi;
      check(s);
      step[r] = ANSWER; s = 0
    }
  :: atomic { step[r] == ANSWER ->
      s = at[r];
      isPosting[r] = false; isUnbroken[r] = false;
      if
#ifdef ENTRY_BEFORE_RECORD
      :: HAS(alive[s], mine[r]) -> step[r] = RESULT
#else
      :: HAS(alive[s], mine[r]) -> step[r] = (HAS_RECORD(s) -> RECORD : RESULT)
#endif
      :: !HAS(alive[s], mine[r]) -> printf("runner %d: refused\n", r);
        sent[s] = sent[s] & ~BIT(mine[r]); step[r] = REFUSED
      :: !HAS(alive[s], mine[r]) || faults < FAULTS ->
        printf("runner %d: no answer to the registration\n", r);
        faults = faults + HAS(alive[s], mine[r]);
        release(s); rest() /* The intent stays for a person. */
      fi;
      s = 0
    }
  :: atomic { step[r] == REFUSED ->
      s = at[r];
      if
      :: intent[s] == mine[r] -> intent[s] = 0
      :: else
      fi;
      release(s); check(s); rest(); s = 0
    }
  :: atomic { step[r] == RECORD ->
      s = at[r];
      if
      :: putRecord(s, mine[r], ok);
        step[r] = (ok -> RESULT : RECORD_UNANSWERED)
      :: faults < FAULTS && !late -> loseAnswer(RECORD);
#ifdef RECORD_RETRIED_AS_CLAIM
        restAfterAnswer()
#else
        step[r] = RECORD_UNANSWERED
#endif
      fi;
      s = 0; ok = 0
    }
  :: atomic { step[r] == RECORD_UNANSWERED ->
      s = at[r];
      if
      :: HAS(records[s], mine[r]) -> step[r] = RESULT
      :: !HAS(records[s], mine[r]) && intent[s] == mine[r] -> step[r] = RECORD
#ifdef ANSWER_DROPPED
      :: else -> restAfterAnswer()
#else
      :: else -> step[r] = ORPHAN
#endif
      fi;
      s = 0
    }
  :: atomic { step[r] == RESULT ->
      s = at[r];
      if
      :: putEntry(s, mine[r], seen[r], ok);
        if
        :: ok -> restAfterAnswer()
#ifdef RETRY_NOT_READ_BACK
        :: else -> step[r] = ORPHAN
#else
        /* An earlier attempt may have been applied since, or another runner has completed the entry from the record. */
        :: else -> step[r] = RESULT_UNANSWERED
#endif
        fi
      :: faults < FAULTS && !late -> loseAnswer(RESULT);
#ifdef RESULT_NOT_READ_BACK
        step[r] = ORPHAN
#else
        step[r] = RESULT_UNANSWERED
#endif
      fi;
      s = 0; ok = 0
    }
  :: atomic { step[r] == RESULT_UNANSWERED ->
      s = at[r];
      if
      :: entry[s] == mine[r] -> restAfterAnswer()
      :: intent[s] == mine[r] -> step[r] = RESULT
      :: else -> step[r] = ORPHAN
      fi;
      s = 0
    }
  :: atomic { step[r] == ORPHAN ->
      s = at[r];
      printf("runner %d: client %d of server %d goes to the orphans\n", r, mine[r], s);
      orphans[s] = orphans[s] | BIT(mine[r]);
      records[s] = records[s] | (HAS_RECORD(s) -> BIT(mine[r]) : 0);
      stored[s] = stored[s] | records[s] & BIT(mine[r]);
      restAfterAnswer(); s = 0
    }
  :: atomic { step[r] != REST && faults < FAULTS -> /* killed, and replaced by a runner with another lease */
      printf("runner %d is killed\n", r);
      faults++; isPosting[r] = false; s = at[r];
      lease[r] = lease[r] + 2; leases = leases | (1 << lease[r]);
      rest(); s = 0
    }
  od
}

inline expire(l) {
  leases = leases & ~(1 << l);
  for (i : 0 .. 2) {
    if
    :: claim[i] == l -> claim[i] = 0;
#ifdef INTENT_UNDER_LEASE
      intent[i] = 0
#endif
    :: else
    fi
  }
  for (i : 0 .. 1) {
    if
    :: issuer[i] == l -> issuer[i] = 0
    :: else
    fi
  }
  i = 0
}

/* Time, the network and a person. */
proctype World() {
  byte i, l;
  bool ok;
end:
  do
  :: atomic { leases & ~((1 << lease[0]) | (1 << lease[1])) -> /* leases of runners that were killed */
      l = 1;
      do
      :: IS_ALIVE(l) && l != lease[0] && l != lease[1] -> break
      :: else -> l++
      od;
      printf("lease %d expires\n", l);
      expire(l); l = 0
    }
  :: atomic { faults < FAULTS && (step[0] != REST && IS_ALIVE(lease[0]) || step[1] != REST && IS_ALIVE(lease[1])) ->
      if
      :: step[0] != REST && IS_ALIVE(lease[0]) -> l = 0
      :: step[1] != REST && IS_ALIVE(lease[1]) -> l = 1
      fi;
      printf("runner %d is paused: lease %d expires\n", l, lease[l]);
      faults++; isUnbroken[l] = false;
      expire(lease[l]); l = 0
    }
  :: atomic { late ->
      if
      :: late == CLAIM -> claimAndIntend(lateServer, lateIntent, lateSeen, lateLease, ok)
      :: late == RECORD -> putRecord(lateServer, lateIntent, ok)
      :: late == RESULT -> putEntry(lateServer, lateIntent, lateSeen, ok)
      :: skip /* never */
      fi;
      l = lateServer; late = 0; lateServer = 0; lateIntent = 0; lateSeen = 0; lateLease = 0; ok = 0;
      finish(l); l = 0
    }
  :: atomic { IS_LEFT(0) || IS_LEFT(1) || IS_LEFT(2) ->
      if
      :: IS_LEFT(0) -> i = 0
      :: IS_LEFT(1) -> i = 1
      :: IS_LEFT(2) -> i = 2
      fi;
      if
      :: HAS(records[i], intent[i]) -> /* another runner completes it */
        l = entry[i];
        putEntry(i, intent[i], l, ok); ok = 0; l = 0
      :: !HAS(records[i], intent[i]) -> printf("a person settles intent %d of server %d\n", intent[i], i);
        told[i] = told[i] | BIT(intent[i]); intent[i] = 0; check(i)
      fi;
      finish(i); i = 0
    }
#ifdef REPLACED
  :: atomic { wish == 1 && entry[LAST] -> printf("a person changes server %d\n", LAST); wish = 2 }
#endif
  od
}

init {
  atomic {
    lease[0] = 1; lease[1] = 2; leases = 6;
    run Runner(0); run Runner(1); run World()
  }
}
