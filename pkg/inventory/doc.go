// Package inventory knows which endpoints there are, and gives every record
// its route template: "/users/{id}" for "/users/4711".
//
// A route comes from the gateway's own log where it says one, else from a
// loaded OpenAPI document (Load, Specs), else it is inferred from the paths
// themselves (Templater). An Assigner writes it into batches.
//
// # What is inferred
//
// A segment with the shape of a value is a parameter wherever it stands, and
// whatever was seen before: {id} (integers, "order-12345"), {uuid}, {ulid},
// {hash} (8 hex digits and more, also as a part of "app.3f2a1b9c.js"), {date},
// {ip}, {email}, {token} (opaque ids), {version} ("3.6.0") and {text}
// (percent-encoded or unusual bytes). Known file extensions stay: "{id}.json".
// "v2", and "2" below "api", are words.
//
// Other segments are words. Words are kept in a tree for each host, and only
// requests that the application served teach it. When more than a configured
// number of words of one extension were seen at one position, the position is
// variable from then on: it is {slug} ({version} for version words), and what
// lay below its words becomes one. Words that carried a sixteenth of the
// position's requests by then stay words: "/login" beside thousands of pages.
// So do the few that are the same everywhere, such as "api" or "robots.txt".
//
// # What a scanner cannot do
//
// Requests that were refused, redirected for good, answered by a decoy or by
// our agents, and OPTIONS, which is often answered for any path, teach
// nothing. A path that leaves the tree has the template of the part that is
// known and {unknown}, which stands for all that follows; one shape is kept
// between the two ("/users/{id}", "/users/{id}/{unknown}"). Where the tree may
// not grow any more, and below the deepest level that it keeps, {other} stands
// for all that follows. So the number of templates has a bound which is the
// tree's: at most 2·12 for each of its nodes, whatever is requested. Hosts
// beyond the bound, and those that are addresses or no names, share one tree.
//
// A site that answers whatever is asked for with 200 cannot be told from one
// that has all these pages: its positions become {slug}, busy words excepted,
// or its tree fills up.
//
// # What can be relied on
//
// The tree depends on the requests and their order alone: not on how they were
// cut into batches, nor on restarts with Snapshot and Restore between. The
// template of a path that the tree has taken up changes only by a word becoming
// {slug} or {version}. {unknown} and {other} are no templates in this sense:
// they say that the path was not known.
//
// The package may import the schema, the OpenAPI model and a YAML parser. It
// never reads a clock, a file or a network, never follows a reference out of a
// document, never logs, and never starts a goroutine.
package inventory
