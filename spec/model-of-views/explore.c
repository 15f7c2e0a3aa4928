/*
 * Explores a Murphi model that murphi2c has translated to C; scripts/check-model.mjs puts the translation, a table of its steps
 * and invariants, and this file together.
 *
 *   explore search STATES         breadth first, every state once, at most so many; the first violation has a shortest trace
 *   explore walk SECONDS SEED     random steps from random start states, until none is possible, again and again
 *
 * Exit codes: 0 nothing found, 1 a violation, 2 a search that was cut short or could not run. States are remembered by 64 bits
 * of a hash: among n states two are taken for one with a probability of n^2 / 2^65, 1 in 4,000 for 10^8 of them.
 */
#include <setjmp.h>
#include <time.h>

typedef struct {
#define FIELD(v) __typeof__(v) v;
  VARIABLES(FIELD)
} State;

enum { PACKED = (sizeof(State) + 1) / 2, CHUNK = 1 << 14 };
typedef struct Chunk { struct Chunk *next; uint32_t first, count; uint8_t states[CHUNK][PACKED]; } Chunk;

static jmp_buf violated;
static const char *violation;

static void on_violation(const char *message) {
  violation = message;
  longjmp(violated, 1);
}

static void save(State *s) {
  memset(s, 0, sizeof *s);
#define SAVE(v) memcpy(&s->v, &v, sizeof v);
  VARIABLES(SAVE)
}

static void load(const State *s) {
#define LOAD(v) memcpy(&v, &s->v, sizeof v);
  VARIABLES(LOAD)
}

/* Two bytes in one: the model's numbers are small. */
static void pack(const State *s, uint8_t packed[PACKED]) {
  const uint8_t *bytes = (const uint8_t *)s;
  memset(packed, 0, PACKED);
  for (size_t i = 0; i < sizeof *s; i++) {
    if (bytes[i] > 15) { fprintf(stderr, "a number of the state is above 15\n"); exit(2); }
    packed[i / 2] |= (uint8_t)(bytes[i] << (4 * (i % 2)));
  }
}

static void unpack(const uint8_t packed[PACKED], State *s) {
  uint8_t *bytes = (uint8_t *)s;
  for (size_t i = 0; i < sizeof *s; i++) bytes[i] = (packed[i / 2] >> (4 * (i % 2))) & 15;
}

static uint64_t hash(const uint8_t packed[PACKED]) {
  uint64_t h = 0x9e3779b97f4a7c15;
  for (size_t i = 0; i < PACKED; i += 8) {
    uint64_t word = 0;
    memcpy(&word, packed + i, PACKED - i < 8 ? PACKED - i : 8);
    __uint128_t product = (__uint128_t)(h ^ word ^ 0xd6e8feb86659fd93) * 0xff51afd7ed558ccd;
    h = (uint64_t)product ^ (uint64_t)(product >> 64) ^ (h << 23 | h >> 41);
  }
  h ^= h >> 32;
  h *= 0xc4ceb9fe1a85ec53;
  h ^= h >> 29;
  return h == 0 ? 1 : h;
}

/* The states seen, and for each, in the order in which they were found, whence and by which step. */
static uint64_t *table, tableSize = 1 << 20, seen;
static uint32_t *parents;
static uint16_t *steps;
static uint64_t roomForTraces;
static Chunk *head, *tail;

static void *room(void *old, size_t bytes) {
  void *new = realloc(old, bytes);
  if (new == NULL) { fprintf(stderr, "no memory for %zu bytes after %" PRIu64 " states\n", bytes, seen); exit(2); }
  return new;
}

static bool insert(uint64_t *into, uint64_t size, uint64_t h) {
  uint64_t i = h & (size - 1);
  for (; into[i] != 0; i = (i + 1) & (size - 1)) if (into[i] == h) return false;
  into[i] = h;
  return true;
}

static void grow(void) {
  uint64_t *larger = calloc(2 * tableSize, sizeof *larger);
  if (larger == NULL) { fprintf(stderr, "no memory after %" PRIu64 " states\n", seen); exit(2); }
  for (uint64_t i = 0; i < tableSize; i++) if (table[i] != 0) insert(larger, 2 * tableSize, table[i]);
  free(table);
  table = larger;
  tableSize *= 2;
}

static void push(const uint8_t packed[PACKED]) {
  if (tail == NULL || tail->count == CHUNK) {
    Chunk *chunk = room(NULL, sizeof *chunk);
    chunk->next = NULL;
    chunk->first = chunk->count = 0;
    if (tail == NULL) head = chunk; else tail->next = chunk;
    tail = chunk;
  }
  memcpy(tail->states[tail->count++], packed, PACKED);
}

static void print_step(uint16_t step) {
  const Step *s = &table_of_steps[step];
  printf("  %s", s->name);
  for (int i = 0; i < s->count; i++) printf("%s%s %d", i == 0 ? ": " : ", ", s->names[i], s->arguments[i]);
  printf("\n");
}

static void print_trace(uint32_t at) {
  if (parents[at] != UINT32_MAX) print_trace(parents[at]);
  print_step(steps[at]);
}

static const char *broken(void) {
  for (size_t i = 0; i < sizeof invariants / sizeof *invariants; i++) if (!invariants[i].holds()) return invariants[i].name;
  return NULL;
}

/* Notes the state at hand, if it is new. */
static void found(uint32_t parent, uint16_t step) {
  State s;
  uint8_t packed[PACKED];
  save(&s);
  pack(&s, packed);
  if (4 * seen >= 3 * tableSize) grow();
  if (!insert(table, tableSize, hash(packed))) return;
  if (seen == roomForTraces) {
    roomForTraces = roomForTraces == 0 ? 1 << 20 : 2 * roomForTraces;
    parents = room(parents, roomForTraces * sizeof *parents);
    steps = room(steps, roomForTraces * sizeof *steps);
  }
  parents[seen] = parent;
  steps[seen++] = step;
  const char *name = broken();
  if (name != NULL) {
    printf("violated: %s\n", name);
    print_trace((uint32_t)(seen - 1));
    exit(1);
  }
  push(packed);
}

static int search(uint64_t most) {
  uint64_t expanded = 0;
  uint64_t fired = 0;
  table = calloc(tableSize, sizeof *table);
  for (uint16_t i = 0; i < STEPS; i++) if (table_of_steps[i].is_start) { table_of_steps[i].take(table_of_steps[i].arguments); found(UINT32_MAX, i); }
  while (head != NULL) {
    if (head->first == head->count) {
      Chunk *next = head->next;
      free(head);
      head = next;
      if (head == NULL) break;
    }
    State s;
    unpack(head->states[head->first++], &s);
    load(&s);
    for (uint16_t i = 0; i < STEPS; i++) {
      const Step *step = &table_of_steps[i];
      if (step->is_start) continue;
      if (setjmp(violated) != 0) {
        printf("violated: %s\n", violation);
        print_trace((uint32_t)expanded);
        print_step(i);
        return 1;
      }
      if (!step->take(step->arguments)) continue;
      fired += 1;
      found((uint32_t)expanded, i);
      load(&s);
    }
    expanded += 1;
    if (seen > most) {
      printf("cut short: %" PRIu64 " states\n", seen);
      return 2;
    }
  }
  printf("complete: %" PRIu64 " states, %" PRIu64 " steps\n", seen, fired);
  return 0;
}

static uint64_t drawn;
static uint64_t draw(uint64_t below) {
  drawn ^= drawn << 13;
  drawn ^= drawn >> 7;
  drawn ^= drawn << 17;
  return (drawn >> 11) % below;
}

static int walk(double seconds, uint64_t seed) {
  struct timespec began, now;
  uint64_t walks = 0, states = 0;
  static uint16_t path[1 << 12], enabled[STEPS];
  size_t length = 0;
  drawn = seed * 0x9e3779b97f4a7c15 + 1;
  clock_gettime(CLOCK_MONOTONIC, &began);
  if (setjmp(violated) != 0) {
    printf("violated: %s, in walk %" PRIu64 " of seed %" PRIu64 "\n", violation, walks, seed);
    for (size_t i = 0; i < length; i++) print_step(path[i]);
    return 1;
  }
  do {
    uint16_t starts = 0;
    while (table_of_steps[starts].is_start) starts += 1;
    walks += 1;
    length = 0;
    path[length++] = (uint16_t)draw(starts);
    table_of_steps[path[0]].take(table_of_steps[path[0]].arguments);
    for (;;) {
      State before;
      uint16_t count = 0;
      states += 1;
      const char *name = broken();
      if (name != NULL) on_violation(name);
      save(&before);
      for (uint16_t i = starts; i < STEPS; i++) if (table_of_steps[i].may(table_of_steps[i].arguments)) enabled[count++] = i;
      if (count == 0 || length == sizeof path / sizeof *path) break;
      path[length++] = enabled[draw(count)];
      table_of_steps[path[length - 1]].take(table_of_steps[path[length - 1]].arguments);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((double)(now.tv_sec - began.tv_sec) + 1e-9 * (double)(now.tv_nsec - began.tv_nsec) < seconds);
  printf("walked: %" PRIu64 " walks, %" PRIu64 " states\n", walks, states);
  return 0;
}

int main(int argc, char **argv) {
  failed_assertion = on_violation;
  if (argc == 3 && strcmp(argv[1], "search") == 0) return search(strtoull(argv[2], NULL, 10));
  if (argc == 4 && strcmp(argv[1], "walk") == 0) return walk(strtod(argv[2], NULL), strtoull(argv[3], NULL, 10));
  fprintf(stderr, "explore search STATES | explore walk SECONDS SEED\n");
  return 2;
}
