// Package auth says who somebody is and what they may do: bearer tokens and
// their roles, one-time enrolment tokens, the credentials of agents, a limit
// on failed attempts, and the certificate authority that a first start makes.
//
// It imports the standard library only. It reads no clock, file or network,
// never logs, and never keeps a secret where its digest does.
package auth
