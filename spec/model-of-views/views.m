-- View changes as docs/protocol.md has them, small enough to be searched exhaustively. `npm run model` does that, for several
-- values of the constants, and once more with each rule switched off.
--
-- Messages are not modelled one by one. What has been sent may be received at any time, or never: so what an acceptor or a
-- coordinator has once said stays in the state, and every step that a message leads to may be taken from then on.

const
  PROCESSES: 3;
  INSTANCES: 3;
  REIGNS: 3;
  -- How often a process may lose what is not on its disk.
  CRASHES: 1;
  -- The window: a process works at instances from its watermark on and below this many more.
  ALPHA: 1;
  -- A view decided at instance i governs from i + BORDER on.
  BORDER: 1;

  -- Sets of processes are numbers: process p is in a set if the bit of 2^(p - 1) is. View 0 is the first.
  MEMBERS_0: 3;
  -- The changes that may be proposed, any number of times: whom they make members, and the number of the view that they follow.
  CHANGES: 3;
  MEMBERS_1: 6;
  FOLLOWS_1: 0;
  MEMBERS_2: 5;
  FOLLOWS_2: 0;
  MEMBERS_3: 4;
  FOLLOWS_3: 1;

  -- The reign that is prepared in the first view at the beginning. Numbers order the reigns; time does not.
  FIRST_REIGN: 1;
  -- The reign that is a fast one; 0 for none.
  FAST_REIGN: 0;

  -- The rules: 1 if kept.
  COUNTS_ANEW_AFTER_BORDER: 1;
  COUNTS_AS_BEFORE_UNTIL_BORDER: 1;
  COUNTS_MEMBERS_ONLY: 1;
  NAMES_VIEW_FOLLOWED: 1;
  FOLLOWS_GOVERNING_VIEW: 1;
  KEEPS_WINDOW: 1;
  PREPARES_CURRENT: 1;
  PREPARES_LATEST: 1;
  REIGN_ENDS_AT_CHANGE: 1;
  PROPOSES_ABOVE_WATERMARKS: 1;
  PICKS_FORCED: 1;
  COMPLETE_BY_OWN_BORDER: 1;
  COMPLETE_IF_DURABLE: 1;
  ASKS_BEYOND_ITS_VIEWS: 1;
  KEEPS_PROMISE: 1;
  KEEPS_VIEWS: 1;
  KEEPS_TABLE: 1;
  FAST_ENDS_AT_BORDER: 1;
  FAST_OPENS_LEVEL: 1;

type
  Process: 1..PROCESSES;
  ProcessOrNone: 0..PROCESSES;
  Count: 0..PROCESSES;
  Set: 0..63;
  Reign: 1..REIGNS;
  ReignOrNone: 0..REIGNS;
  -- Twice the reign, and one more in its classic step.
  Ballot: 0..2 * REIGNS + 1;
  Instance: 0..INSTANCES - 1;
  Mark: 0..INSTANCES;
  Beyond: 0..INSTANCES + ALPHA + BORDER;
  View: 0..CHANGES;
  Number: 0..INSTANCES;
  -- 0: none. 1 to CHANGES: a change; it makes the view of this index. Above: a batch of messages.
  Value: 0..CHANGES + 1;
  Phase: enum { UNUSED, PREPARING, PROPOSING, OVER };
  Sequence: array [Instance] of Value;
  Promises: array [Process] of boolean;

var
  -- What any process has ever learnt; the invariants say that it is one value an instance.
  decided: Sequence;
  -- For each process: the watermark that it knows, the one on its disk, and the reign promised, on its disk as well.
  watermark: array [Process] of Mark;
  durable: array [Process] of Mark;
  promised: array [Process] of ReignOrNone;
  -- For each reign: who coordinates, who has promised, the highest watermark among the promises, and what has been proposed.
  phase: array [Reign] of Phase;
  coordinator: array [Reign] of ProcessOrNone;
  promises: array [Reign] of Promises;
  base: array [Reign] of Mark;
  proposed: array [Reign] of Sequence;
  -- All votes ever cast in classic ballots. The last one below a ballot is what its sender promises with.
  votes: array [Reign] of array [Instance] of Promises;
  -- The fast reign: where it opens (INSTANCES if it has not), the fast votes, and who has promised its classic step at an instance.
  anyFrom: Mark;
  fastVotes: array [Instance] of array [Process] of Value;
  inquired: array [Instance] of Promises;
  crashes: 0..CRASHES;
  -- Only where a rule is broken: who has lost its views, and from where on a process fills its table of delivered batches.
  hasLostViews: Promises;
  tableFrom: array [Process] of Mark;

---------------------------------------------------------------------------------------------------------------- views

function Bit(p: Process): Set;
begin
  switch p
    case 1: return 1;
    case 2: return 2;
    case 3: return 4;
    case 4: return 8;
    case 5: return 16;
    else return 32;
  end;
end;

function Includes(s: Set; p: Process): boolean;
begin
  return (s / Bit(p)) % 2 = 1;
end;

function Members(v: View): Set;
begin
  switch v
    case 0: return MEMBERS_0;
    case 1: return MEMBERS_1;
    case 2: return MEMBERS_2;
    else return MEMBERS_3;
  end;
end;

function Has(v: View; p: Process): boolean;
begin
  return Includes(Members(v), p);
end;

function Size(v: View): Count;
var n: Count;
begin
  n := 0;
  for p: Process do
    if Has(v, p) then n := n + 1; end;
  end;
  return n;
end;

function Classic(v: View): Count;
begin
  return Size(v) / 2 + 1;
end;

function Fast(v: View): Count;
begin
  return (3 * Size(v) + 3) / 4;
end;

function IsChange(v: Value): boolean;
begin
  return v != 0 & v <= CHANGES;
end;

function Follows(v: Value): Number;
begin
  switch v
    case 1: return FOLLOWS_1;
    case 2: return FOLLOWS_2;
    else return FOLLOWS_3;
  end;
end;

-- Whether the value decided at `i` changes the view, if the latest below has this number and governs from `from` on.
function Applies(v: Value; i: Instance; number: Number; from: Beyond): boolean;
begin
  return IsChange(v)
    & (Follows(v) = number | NAMES_VIEW_FOLLOWED = 0)
    & (i >= from | FOLLOWS_GOVERNING_VIEW = 0);
end;

-- The number of the latest view decided below `w`.
function LatestNumber(d: Sequence; w: Mark): Number;
var number: Number;
    from: Beyond;
begin
  number := 0;
  from := 0;
  for i: Instance do
    if i < w & Applies(d[i], i, number, from) then
      number := number + 1;
      from := i + BORDER;
    end;
  end;
  return number;
end;

-- The view of this number, as it is decided below `w`; the latest if there is none.
function Numbered(d: Sequence; w: Mark; wanted: Number): View;
var number: Number;
    from: Beyond;
    view: View;
begin
  number := 0;
  from := 0;
  view := 0;
  for i: Instance do
    if i < w & number < wanted & Applies(d[i], i, number, from) then
      number := number + 1;
      from := i + BORDER;
      view := d[i];
    end;
  end;
  return view;
end;

-- The first instance that the view of this number governs.
function BorderOf(d: Sequence; w: Mark; wanted: Number): Beyond;
var number: Number;
    from: Beyond;
begin
  number := 0;
  from := 0;
  for i: Instance do
    if i < w & number < wanted & Applies(d[i], i, number, from) then
      number := number + 1;
      from := i + BORDER;
    end;
  end;
  return from;
end;

function Latest(d: Sequence; w: Mark): View;
begin
  return Numbered(d, w, INSTANCES);
end;

-- The view that governs `at`, as far as decisions below `w` tell.
function Governing(d: Sequence; w: Mark; at: Beyond): View;
var number: Number;
    from: Beyond;
    view: View;
begin
  number := 0;
  from := 0;
  view := 0;
  for i: Instance do
    if i < w & Applies(d[i], i, number, from) then
      number := number + 1;
      from := i + BORDER;
      if from <= at then view := d[i]; end;
    end;
  end;
  return view;
end;

-- Everything below is decided, as some process has learnt.
function Top(): Mark;
var top: Mark;
begin
  top := 0;
  for i: Instance do
    if decided[i] != 0 & top = i then top := i + 1; end;
  end;
  return top;
end;

-- Below this watermark process `p` knows the views.
function Known(p: Process): Mark;
begin
  if hasLostViews[p] then return 0; else return watermark[p]; end;
end;

function CurrentOf(p: Process): View;
begin
  return Governing(decided, Known(p), watermark[p]);
end;

function LatestOf(p: Process): View;
begin
  return Latest(decided, Known(p));
end;

function GoverningOf(p: Process; i: Beyond): View;
begin
  return Governing(decided, Known(p), i);
end;

-- The view whose quorum decides at the watermark of `p`: the one that governs, if the rules are kept.
function CountingView(p: Process): View;
begin
  if COUNTS_AS_BEFORE_UNTIL_BORDER = 0 then return LatestOf(p); end;
  if COUNTS_ANEW_AFTER_BORDER = 0 & watermark[p] > 0 then return GoverningOf(p, watermark[p] - 1); end;
  return CurrentOf(p);
end;

-- Whether `p` takes `q` for a member.
function Believes(p: Process; q: Process): boolean;
begin
  return Has(CurrentOf(p), q) | Has(LatestOf(p), q);
end;

function InWindow(p: Process; i: Instance): boolean;
begin
  return i >= watermark[p] & (i < watermark[p] + ALPHA | KEEPS_WINDOW = 0);
end;

-------------------------------------------------------------------------------------------------------------- phase 1

function PromisesIn(r: Reign; v: View): Count;
var n: Count;
begin
  n := 0;
  for p: Process do
    if promises[r][p] & Has(v, p) then n := n + 1; end;
  end;
  return n;
end;

function BaseOf(r: Reign): Mark;
var c: Process;
begin
  c := coordinator[r];
  if base[r] < watermark[c] then return watermark[c]; else return base[r]; end;
end;

-- Classic quorums of each view that governs an instance not decided.
function IsPrepared(r: Reign): boolean;
var c: Process;
    latest: View;
    current: View;
begin
  c := coordinator[r];
  latest := LatestOf(c);
  current := CurrentOf(c);
  return (PromisesIn(r, latest) >= Classic(latest) | PREPARES_LATEST = 0 & latest != current)
    & (PromisesIn(r, current) >= Classic(current) | PREPARES_CURRENT = 0 & latest != current
       | GoverningOf(c, BaseOf(r)) = latest);
end;

-- The last vote of `p` at `i` below the classic step of reign `r`, and its ballot.
function LastBallot(p: Process; i: Instance; r: Reign): Ballot;
var b: Ballot;
begin
  b := 0;
  -- Nobody reports votes below its watermark, where nobody proposes anything.
  if PROPOSES_ABOVE_WATERMARKS = 0 & i < watermark[p] then return 0; end;
  for s: Reign do
    if s < r & s = FAST_REIGN & fastVotes[i][p] != 0 then b := 2 * s; end;
    if s < r & votes[s][i][p] then b := 2 * s + 1; end;
  end;
  return b;
end;

function LastValue(p: Process; i: Instance; b: Ballot): Value;
begin
  if b = 0 then return 0;
  elsif b % 2 = 0 then return fastVotes[i][p];
  else return proposed[b / 2][i];
  end;
end;

-- Whether the picking rule allows `v` at `i`, if the processes of `answers` have answered.
function MayPick(r: Reign; i: Instance; v: Value; view: View; answers: Promises): boolean;
var highest: Ballot;
    n: Count;
    same: Count;
    other: Value;
    isSingle: boolean;
    voted: Value;
begin
  highest := 0;
  n := 0;
  for p: Process do
    if answers[p] then
      n := n + 1;
      if r = FAST_REIGN & fastVotes[i][p] != 0 & i >= anyFrom then highest := 2 * r;
      elsif LastBallot(p, i, r) > highest then highest := LastBallot(p, i, r);
      end;
    end;
  end;
  if highest = 0 | PICKS_FORCED = 0 then return true; end;
  if highest % 2 = 1 then return v = proposed[highest / 2][i]; end;
  isSingle := true;
  other := 0;
  for p: Process do
    if answers[p] & fastVotes[i][p] != 0 then
      if other != 0 & other != fastVotes[i][p] then isSingle := false; end;
      other := fastVotes[i][p];
    end;
  end;
  if isSingle then return v = other; end;
  -- A value that may have been chosen must be picked; if there is none, any may.
  for u: Value do
    if u != 0 then
      same := 0;
      for p: Process do
        if answers[p] & fastVotes[i][p] = u then same := same + 1; end;
      end;
      if same + Size(view) - n >= Fast(view) then return v = u; end;
    end;
  end;
  return true;
end;

function MayPickFromPromises(r: Reign; i: Instance; v: Value): boolean;
var answers: Promises;
    view: View;
begin
  view := GoverningOf(coordinator[r], i);
  for p: Process do answers[p] := promises[r][p] & Has(view, p); end;
  return MayPick(r, i, v, view, answers);
end;

-- Recovery of one instance of the fast reign: some classic quorum has answered, with fast votes or because it was asked.
function MayPickFromReports(r: Reign; i: Instance; v: Value): boolean;
var answers: Promises;
    view: View;
    n: Count;
    isWhole: boolean;
begin
  view := GoverningOf(coordinator[r], i);
  for s := 1 to 2 * Bit(PROCESSES) - 1 do
    n := 0;
    isWhole := true;
    for p: Process do
      answers[p] := Includes(s, p);
      if answers[p] then
        n := n + 1;
        if !Has(view, p) | (fastVotes[i][p] = 0 & !inquired[i][p]) then isWhole := false; end;
      end;
    end;
    if isWhole & n >= Classic(view) & MayPick(r, i, v, view, answers) then return true; end;
  end;
  return false;
end;

-- Phase 1 forces nothing from here on.
function EndOfForced(r: Reign): Mark;
var last: Mark;
begin
  last := BaseOf(r);
  for i: Instance do
    for p: Process do
      if promises[r][p] & LastBallot(p, i, r) > 0 & i >= last then last := i + 1; end;
    end;
  end;
  return last;
end;

-- Whether everything forced has been proposed, so that the fast reign may open.
function HasProposedForced(r: Reign): boolean;
begin
  for i: Instance do
    if i >= BaseOf(r) & i < EndOfForced(r) & proposed[r][i] = 0 then return false; end;
  end;
  return true;
end;

--------------------------------------------------------------------------------------------------------------- chosen

-- Whether a quorum of `view` has voted for `v` at `i`, in the classic step of `r`.
function IsClassicChoice(view: View; r: Reign; i: Instance; v: Value): boolean;
var n: Count;
begin
  if proposed[r][i] != v | v = 0 then return false; end;
  n := 0;
  for p: Process do
    if votes[r][i][p] & (Has(view, p) | COUNTS_MEMBERS_ONLY = 0) then n := n + 1; end;
  end;
  return n >= Classic(view);
end;

function IsFastChoice(view: View; i: Instance; v: Value): boolean;
var n: Count;
begin
  if v = 0 then return false; end;
  n := 0;
  for p: Process do
    if fastVotes[i][p] = v & (Has(view, p) | COUNTS_MEMBERS_ONLY = 0) then n := n + 1; end;
  end;
  return n >= Fast(view);
end;

function IsChosen(view: View; i: Instance; v: Value): boolean;
begin
  return (exists r: Reign do IsClassicChoice(view, r, i, v) end) | FAST_REIGN != 0 & IsFastChoice(view, i, v);
end;

-- Whether nothing is chosen at `i` but one value, the one that was learnt.
function IsAgreedAt(i: Instance; view: View): boolean;
var value: Value;
begin
  value := decided[i];
  for r: Reign do
    if IsClassicChoice(view, r, i, proposed[r][i]) then
      if value != 0 & value != proposed[r][i] then return false; end;
      value := proposed[r][i];
    end;
  end;
  if FAST_REIGN != 0 then
    for v: Value do
      if IsFastChoice(view, i, v) then
        if value != 0 & value != v then return false; end;
        value := v;
      end;
    end;
  end;
  return true;
end;

-------------------------------------------------------------------------------------------------------------- progress

-- Whether a watermark of `w` is what is asked of a process: it knows a change, or everything below a border.
function IsCounted(w: Mark): boolean;
var top: Mark;
    last: Number;
begin
  top := Top();
  last := LatestNumber(decided, top);
  return w > 0 & LatestNumber(decided, w) > LatestNumber(decided, w - 1)
    | exists n: Number do n > 0 & n <= last & BorderOf(decided, top, n) = w end;
end;

-- Below this instance everything must be held for this view to be complete.
function CompleteFrom(number: Number): Beyond;
begin
  if COMPLETE_BY_OWN_BORDER = 1 then return BorderOf(decided, Top(), number);
  else return BorderOf(decided, Top(), number - 1);
  end;
end;

-- The number of the latest complete view: a classic quorum of it holds everything below its border durably.
function Complete(): Number;
var n: Count;
    top: Mark;
    complete: Number;
    view: View;
begin
  top := Top();
  complete := 0;
  for number: Number do
    if number > 0 & number <= LatestNumber(decided, top) then
      view := Numbered(decided, top, number);
      n := 0;
      for p: Process do
        if Has(view, p)
           & (durable[p] >= CompleteFrom(number) | COMPLETE_IF_DURABLE = 0 & watermark[p] >= CompleteFrom(number)) then
          n := n + 1;
        end;
      end;
      if n >= Classic(view) then complete := number; end;
    end;
  end;
  return complete;
end;

function IsProposed(v: Value): boolean;
begin
  for i: Instance do
    for r: Reign do
      if proposed[r][i] = v then return true; end;
    end;
    for p: Process do
      if fastVotes[i][p] = v then return true; end;
    end;
  end;
  return false;
end;

function Among(s: Set; v: View): Count;
var n: Count;
begin
  n := 0;
  for p: Process do
    if Includes(s, p) & Has(v, p) then n := n + 1; end;
  end;
  return n;
end;

-- Whether the processes of `s` are as many as must be there while view `complete` is the latest complete one: a classic quorum
-- of it, of each later view, and of each that may still come of what is proposed; no member of earlier views alone.
function Suffices(s: Set; complete: Number): boolean;
var top: Mark;
    last: Number;
    isNeeded: boolean;
begin
  top := Top();
  last := LatestNumber(decided, top);
  for n: Number do
    if n >= complete & n <= last & Among(s, Numbered(decided, top, n)) < Classic(Numbered(decided, top, n)) then
      return false;
    end;
  end;
  for v: Value do
    if IsChange(v) & Follows(v) >= last & IsProposed(v) & Among(s, v) < Classic(v) then return false; end;
  end;
  for p: Process do
    if Includes(s, p) & complete > 0 then
      isNeeded := false;
      for n: Number do
        if n >= complete & n <= last & Has(Numbered(decided, top, n), p) then isNeeded := true; end;
      end;
      for v: Value do
        if IsChange(v) & Follows(v) >= complete & Has(v, p) then isNeeded := true; end;
      end;
      if !isNeeded then
        for n: Number do
          if n < complete & Has(Numbered(decided, top, n), p) then return false; end;
        end;
      end;
    end;
  end;
  return true;
end;

-- The value that phase 1 may find at `i` among the processes of `s`.
function Found(d: Sequence; s: Set; i: Instance): Value;
var highest: Ballot;
    value: Value;
begin
  if d[i] != 0 then return d[i]; end;
  highest := 0;
  value := CHANGES + 1;
  for p: Process do
    if Includes(s, p) & LastBallot(p, i, REIGNS) > highest then
      highest := LastBallot(p, i, REIGNS);
      value := LastValue(p, i, highest);
    end;
  end;
  for p: Process do
    if Includes(s, p) & votes[REIGNS][i][p] then value := proposed[REIGNS][i]; end;
  end;
  return value;
end;

-- Whether the processes of `s`, all of them started again and all others silent, decide the rest of the sequence. A process asks
-- those whom it takes for members; and also one that is ahead and says so, because it is a member of the latest view that it
-- knows, and stands for election, or because it asks the members of that view.
function GoesOn(s: Set): boolean;
var d: Sequence;
    w: array [Process] of Mark;
    hasMoved: boolean;
    n: Count;
    m: Count;
    current: View;
    latest: View;
    at: Mark;
begin
  for i: Instance do d[i] := decided[i]; end;
  for p: Process do w[p] := durable[p]; end;
  hasMoved := true;
  while hasMoved do
    hasMoved := false;
    for p: Process do
      for q: Process do
        if Includes(s, p) & Includes(s, q) & w[q] > w[p]
           & (Has(Governing(d, w[p], w[p]), q) | Has(Latest(d, w[p]), q)
              | ASKS_BEYOND_ITS_VIEWS = 1 & (Has(Latest(d, w[q]), q) | Has(Latest(d, w[q]), p))) then
          w[p] := w[q];
          hasMoved := true;
        end;
      end;
    end;
    if !hasMoved then
      for c: Process do
        at := w[c];
        current := Governing(d, at, at);
        latest := Latest(d, at);
        if !hasMoved & Includes(s, c) & at < INSTANCES & Has(latest, c) then
          -- Who promises, and who votes: a member of the view, as it knows itself, that takes the coordinator for one.
          n := 0;
          m := 0;
          for q: Process do
            if Includes(s, q) & w[q] <= at
               & (Has(Governing(d, w[q], w[q]), c) | Has(Latest(d, w[q]), c)) then
              if Has(current, q) & w[q] + ALPHA > at & Has(Governing(d, w[q], at), q) then n := n + 1; end;
              if Has(latest, q) & (Has(Governing(d, w[q], w[q]), q) | Has(Latest(d, w[q]), q)) then m := m + 1; end;
            end;
          end;
          if n >= Classic(current) & m >= Classic(latest) then
            d[at] := Found(d, s, at);
            for q: Process do
              if Includes(s, q) & w[q] = at then w[q] := at + 1; end;
            end;
            hasMoved := true;
          end;
        end;
      end;
    end;
  end;
  for p: Process do
    if Includes(s, p) & w[p] = INSTANCES then return true; end;
  end;
  return false;
end;

---------------------------------------------------------------------------------------------------------------- steps

procedure EndReign(r: Reign);
begin
  phase[r] := OVER;
  coordinator[r] := 0;
  base[r] := 0;
  for p: Process do promises[r][p] := false; end;
end;

procedure EndReignsOf(p: Process);
begin
  for r: Reign do
    if coordinator[r] = p then EndReign(r); end;
  end;
end;

-- What `p` will never know less than, whatever happens to it.
function Floor(p: Process): Mark;
begin
  if crashes < CRASHES then return durable[p]; else return watermark[p]; end;
end;

-- Whether `p` may still vote in reign `r` at `i`, now or later.
function MayYetVote(p: Process; r: Reign; i: Instance): boolean;
begin
  return promised[p] <= r & Floor(p) <= i & !votes[r][i][p]
    & (i >= Top() + BORDER | Has(Governing(decided, Top(), i), p) | COUNTS_MEMBERS_ONLY = 0);
end;

-- Forgets what can make no difference any more, so that fewer states differ.
procedure Forget();
var isPassed: boolean;
begin
  for r: Reign do
    if phase[r] != OVER
       & (forall p: Process do promised[p] > r | forall i: Instance do !MayYetVote(p, r, i) end end) then
      EndReign(r);
    end;
  end;
  for i: Instance do
    isPassed := forall p: Process do Floor(p) > i end;
    for r: Reign do
      if isPassed | proposed[r][i] != 0
           & (forall p: Process do !votes[r][i][p] & !MayYetVote(p, r, i) end) then
        proposed[r][i] := 0;
        for p: Process do votes[r][i][p] := false; end;
      end;
    end;
    if isPassed then
      for p: Process do
        fastVotes[i][p] := 0;
        inquired[i][p] := false;
      end;
    end;
  end;
end;

-- Process `p` learns what is decided at its watermark, and its views with it.
procedure Learn(p: Process);
var i: Instance;
    number: Number;
    isRepeated: boolean;
    isHeld: boolean;
begin
  i := watermark[p];
  number := LatestNumber(decided, i);
  isRepeated := exists j: Instance do j < i & decided[j] = decided[i] end;
  isHeld := exists j: Instance do j < i & j >= tableFrom[p] & decided[j] = decided[i] end;
  assert "a batch is delivered once" IsChange(decided[i]) | isRepeated = isHeld;
  watermark[p] := i + 1;
  if LatestNumber(decided, i + 1) > number & REIGN_ENDS_AT_CHANGE = 1 then EndReignsOf(p); end;
  Forget();
end;

ruleset c: Process do
  startstate "reign FIRST_REIGN is prepared, and c coordinates it"
  begin
    for p: Process do
      watermark[p] := 0;
      durable[p] := 0;
      promised[p] := Has(0, p) ? FIRST_REIGN : 0;
      hasLostViews[p] := false;
      tableFrom[p] := 0;
    end;
    for r: Reign do
      phase[r] := UNUSED;
      coordinator[r] := 0;
      base[r] := 0;
      for p: Process do promises[r][p] := false; end;
      for i: Instance do
        proposed[r][i] := 0;
        for p: Process do votes[r][i][p] := false; end;
      end;
    end;
    for i: Instance do
      decided[i] := 0;
      for p: Process do
        fastVotes[i][p] := 0;
        inquired[i][p] := false;
      end;
    end;
    anyFrom := INSTANCES;
    crashes := 0;
    phase[FIRST_REIGN] := Has(0, c) ? PROPOSING : OVER;
    if Has(0, c) then
      coordinator[FIRST_REIGN] := c;
      for p: Process do promises[FIRST_REIGN][p] := Has(0, p); end;
    end;
  end;
end;

ruleset c: Process; r: Reign do
  rule "c begins reign r"
    phase[r] = UNUSED & r > promised[c] & Has(LatestOf(c), c)
    & (r != FAST_REIGN | CurrentOf(c) = LatestOf(c))
  ==>
  begin
    EndReignsOf(c);
    phase[r] := PREPARING;
    coordinator[r] := c;
    base[r] := watermark[c];
    promises[r][c] := true;
    promised[c] := r;
    Forget();
  end;
end;

ruleset p: Process; r: Reign do
  rule "p promises reign r"
    phase[r] = PREPARING & r > promised[p] & !promises[r][p] & Believes(coordinator[r], p) & Believes(p, p)
  ==>
  begin
    promised[p] := r;
    promises[r][p] := true;
    if watermark[p] > base[r] & PROPOSES_ABOVE_WATERMARKS = 1 then base[r] := watermark[p]; end;
    Forget();
  end;
end;

ruleset r: Reign; i: Instance; v: Value do
  rule "the coordinator of r proposes v at i"
    v != 0 & (phase[r] = PREPARING | phase[r] = PROPOSING) & proposed[r][i] = 0
    & InWindow(coordinator[r], i) & i >= BaseOf(r)
    & (phase[r] = PROPOSING | IsPrepared(r))
    & (r = FAST_REIGN & i >= anyFrom ? MayPickFromReports(r, i, v) : MayPickFromPromises(r, i, v))
    & (r != FAST_REIGN | i >= anyFrom | i < EndOfForced(r))
  ==>
  begin
    assert "a coordinator has the promises of a quorum of the view that governs where it proposes"
      PromisesIn(r, GoverningOf(coordinator[r], i)) >= Classic(GoverningOf(coordinator[r], i));
    phase[r] := PROPOSING;
    proposed[r][i] := v;
    Forget();
  end;
end;

ruleset p: Process; r: Reign; i: Instance do
  rule "p votes in reign r at i"
    proposed[r][i] != 0 & !votes[r][i][p] & promised[p] <= r & InWindow(p, i)
    & (Has(GoverningOf(p, i), p) | COUNTS_MEMBERS_ONLY = 0 & Believes(p, p))
  ==>
  begin
    promised[p] := r;
    votes[r][i][p] := true;
    Forget();
  end;
end;

ruleset r: Reign do
  rule "the fast reign opens"
    r = FAST_REIGN & anyFrom = INSTANCES & (phase[r] = PROPOSING | phase[r] = PREPARING & IsPrepared(r))
    & (FAST_OPENS_LEVEL = 0
       | BaseOf(r) <= watermark[coordinator[r]] & HasProposedForced(r) & InWindow(coordinator[r], EndOfForced(r)))
    & EndOfForced(r) < INSTANCES
  ==>
  begin
    phase[r] := PROPOSING;
    anyFrom := EndOfForced(r);
  end;
end;

ruleset p: Process; i: Instance; v: Value do
  rule "p votes for v at i in the fast reign"
    v != 0 & i >= anyFrom & promised[p] <= FAST_REIGN & InWindow(p, i) & Has(GoverningOf(p, i), p)
    & fastVotes[i][p] = 0 & !inquired[i][p] & !votes[FAST_REIGN][i][p]
    & (GoverningOf(p, i) = GoverningOf(p, anyFrom) | FAST_ENDS_AT_BORDER = 0)
  ==>
  begin
    promised[p] := FAST_REIGN;
    fastVotes[i][p] := v;
    Forget();
  end;
end;

ruleset p: Process; i: Instance do
  rule "p is asked about i, where the fast reign is recovered"
    i >= anyFrom & phase[FAST_REIGN] = PROPOSING & promised[p] <= FAST_REIGN & InWindow(p, i) & Has(GoverningOf(p, i), p)
    & !inquired[i][p] & fastVotes[i][p] = 0
  ==>
  begin
    promised[p] := FAST_REIGN;
    inquired[i][p] := true;
    Forget();
  end;
end;

ruleset p: Process; v: Value do
  rule "p learns v from votes"
    watermark[p] < INSTANCES & v != 0 & decided[watermark[p]] != v
    & IsChosen(CountingView(p), watermark[p], v)
  ==>
  begin
    assert "one value is decided at an instance" decided[watermark[p]] = 0;
    decided[watermark[p]] := v;
    Learn(p);
  end;
end;

ruleset p: Process do
  rule "p learns what others know"
    watermark[p] < INSTANCES & decided[watermark[p]] != 0
  ==>
  begin
    Learn(p);
  end;
end;

-- What a process has written shows only where it is counted: at a border, and behind a change. So it writes there, and a process
-- that is started again finds any watermark from there on.
ruleset p: Process; w: Mark do
  rule "p writes watermark w"
    durable[p] < w & w <= watermark[p] & IsCounted(w)
  ==>
  begin
    durable[p] := w;
    Forget();
  end;
end;

ruleset p: Process; w: Mark do
  rule "p is started again at w"
    crashes < CRASHES & durable[p] <= w & (w < watermark[p] | w = watermark[p] & (KEEPS_PROMISE = 0 | KEEPS_VIEWS = 0 | KEEPS_TABLE = 0))
  ==>
  begin
    crashes := crashes + 1;
    watermark[p] := w;
    EndReignsOf(p);
    if KEEPS_PROMISE = 0 then promised[p] := 0; end;
    if KEEPS_VIEWS = 0 then hasLostViews[p] := true; end;
    if KEEPS_TABLE = 0 then tableFrom[p] := w; end;
    Forget();
  end;
end;

------------------------------------------------------------------------------------------------------------- properties

invariant "one value is chosen at an instance"
  forall i: Instance do i >= Top() + BORDER | IsAgreedAt(i, Governing(decided, Top(), i)) end;

invariant "whoever may vote, count or propose at an instance knows the view that governs it"
  forall p: Process do
    forall i: Instance do
      !InWindow(p, i) | Governing(decided, Known(p), i) = Governing(decided, Top(), i)
    end
  end;

invariant "once a view is complete, no member of earlier views is needed"
  Complete() = 0
  | (forall s: Set do
       s = 0 | s >= 2 * Bit(PROCESSES) | !Suffices(s, Complete()) | GoesOn(s)
     end);
