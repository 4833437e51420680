// Package wso2 keeps blocks as deny policies of WSO2 API Manager. There are
// two ways, which may be used together:
//
//   - the Admin REST API (v4; /throttling/deny-policies): policies are kept by
//     WSO2 itself, shown in its portal, and put right on a timer. They have no
//     end of their own: when the agent is away, a policy lasts until it is back.
//   - the traffic manager's topic throttleData (AMQP 0-9-1): every gateway
//     applies a condition the moment it hears of it, and forgets it when it
//     restarts; all are said again on a timer.
//
// A policy is of type IP, IPRANGE, USER, APPLICATION or API and refuses: what
// else blocks can ask for is left to the request path.
//
// It may import block, mirror, a metrics registry, netipx, oauth2 and an AMQP
// client. It never touches a policy that it has not made.
package wso2
