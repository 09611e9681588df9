"""Limits and time-outs of what processes say to each other, in bytes and in seconds."""

from __future__ import annotations

# Sizes ----------------------------------------------------------------------------------------

#: A GET with a longer URL than this is sent as a POST to workers of ours.
LONGEST_URL = 4000
#: A GET of ``/reduce`` by a client of the plain calls may name some thousand map tasks.
LARGEST_HEADER = 256 << 10
#: Lines of a header; browsers send some twenty.
MOST_HEADERS = 100
#: The calls of joined workers have all in their bodies.
JOINED_HEADER = 8 << 10
#: A POST of ``/reduce`` names some hundred thousand.
LARGEST_BODY = 16 << 20
#: The plain calls have no body; one that is no longer than this is at least answered in JSON.
STRANGERS_BODY = 1 << 16
#: An answer in which somebody says who he is, or that he has done as he was told; also the page of
#: a server that is none of ours.
SHORT_ANSWER = 1 << 20
#: A list of map outputs: some hundred thousand.
LARGEST_LIST = 16 << 20
#: The report of a task, or its failure; more where it tells of partitions, or a sample of keys.
LARGEST_REPORT = 4 << 20
REPORT_OF_PARTITION = 64
REPORT_OF_SAMPLE = 16 << 20
#: The parameters of a task, as in the body of a call, and orders.
LARGEST_ORDERS = 32 << 20
#: Connections that wait to be accepted.
BACKLOG = 1024
#: Connections that a server has at once; each may hold a header and a stranger's body.
MOST_CONNECTIONS = 256
#: ``sun_path`` holds 108 bytes, on macOS 104.
LONGEST_SOCKET_PATH = 100

# All connections over TCP ----------------------------------------------------------------------

#: Seconds of silence after which a machine is asked if it is there, and between two such questions.
KEEPALIVE_INTERVAL = 6
#: After so many without an answer it has vanished: that takes 24 seconds.
KEEPALIVE_QUESTIONS = 3

# Servers ----------------------------------------------------------------------------------------

#: A connection on which no request comes is closed, and so is one whose headers take longer.
IDLE_TIMEOUT = 120.0
#: A caller does not use one that was idle for longer: it might be closed in this very moment.
LONGEST_IDLE = 60.0
#: For the body of a request to come.
REQUEST_TIMEOUT = 60.0
#: A caller who does not take the next piece of an answer in this time is gone.
ANSWER_TIMEOUT = 60.0
#: Between two lines of the log about the same trouble that callers make.
TELL_AGAIN = 60.0
#: Between the end of many connections and the return of the memory that they have freed.
GIVE_BACK_AFTER = 1.0
#: So many are many: the workers of a job keep theirs.
GIVE_BACK_EACH = 20
#: Lines of the log in that time about requests that make no sense.
CALLERS_LINES = 30
#: The characters of such a line.
LONGEST_CALLERS_LINE = 300

# A coordinator that calls workers ---------------------------------------------------------------

#: For a worker of the inventory to say that it is there.
PROBE_TIMEOUT = 2.0
#: The same for a pool of the job's own: its sockets listen already, so a silent one still starts.
START_TIMEOUT = 30.0
#: Whoever has waited so long for an answer tells the user, and how long it waits yet.
TELL_AFTER = 5.0
#: A worker that is silent for longer is taken for lost (``--workerTimeout``).
WORKER_TIMEOUT = 10.0
#: For a cancel or a release, which nobody waits for.
CHORE_TIMEOUT = 2.0

# Workers that join a coordinator ----------------------------------------------------------------

#: For the coordinator to answer any call; it answers ``/ask`` after ``LONGEST_ASK`` at the latest.
JOINED_PATIENCE = 10.0
#: Between two tries to reach a coordinator.
JOINED_RETRY = 0.25
#: An ``/ask`` waits so long for something to do before it is answered with "wait".
LONGEST_ASK = 1.0
#: An ended job waits so long for its workers to hear of the end.
LINGER = 2.0
#: A stopped worker takes so long to leave, of which an ``/ask`` may take a second.
LEAVE_PATIENCE = 2.0
#: A coordinator that wants fewer pings has not meant it.
LONGEST_PING_INTERVAL = 3600.0

# Between workers --------------------------------------------------------------------------------

#: Silence of a peer from which segments are fetched. The coordinator notices a hung one earlier.
FETCH_PATIENCE = 30.0
#: A silent one that answers other calls, as its disk alone stands still, is asked again: in all
#: for as long as Hadoop waits (``mapreduce.reduce.shuffle.read.timeout``).
FETCH_SILENCES = 6
#: For a peer to accept a connection, which its system does at once; three packets may be lost.
FETCH_CONNECT = 10.0
