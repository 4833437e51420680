// Package nginx keeps blocks in nginx itself, so that a request costs no
// question to the agent: as include files of geo and map blocks (Files), and
// in a shared dictionary that our Lua module looks into (Dict). What nginx
// cannot know is left to whoever decides in the request path, and counted.
//
// It may import block, mirror and a metrics registry. It runs nobody's program
// but the two commands that it is given, decides nothing that the agent beside
// it would decide otherwise, and never writes outside its directory.
package nginx
