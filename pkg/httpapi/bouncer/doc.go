// Package bouncer is CrowdSec's bouncer API over our blocks, for the bouncers
// that there are: /v1/decisions, /v1/decisions/stream and /v1/usage-metrics,
// as its server of version 1.7 and its clients behave. What that server gets
// wrong is right here: a decision that is made while somebody polls is never
// missed, and an answer that was lost is given again.
//
// A decision is a block that is enforced on everybody and refuses: addresses
// as Ip, prefixes as Range, countries and networks as Country and AS. CrowdSec
// knows no exemptions: ranges are cut around exempt addresses.
//
// It may import block, a metrics registry and net/http. It never makes or
// removes a block.
package bouncer
