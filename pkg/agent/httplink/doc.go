// Package httplink is an agent's link with the service over HTTPS, for where
// the bus cannot be reached: changes come as server-sent events, resumed by
// the versions that are held; reports, touches and logs go as requests.
//
// It may import block, event, finding, ingest and auth, and net/http. It never
// decides anything, keeps no set, and writes nothing to disk.
package httplink
