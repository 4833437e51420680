// Package ginguard is the middleware package for gin.
//
// It may import middleware and gin. It never decides or answers by itself.
package ginguard

import (
	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
)

// Handler is a guard as gin takes it. Put it before gin's own Recovery, so
// that a dropped connection is not answered with 500.
func Handler(g *middleware.Guard) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed, ok := g.Pass(c.Writer, c.Request)
		if !ok {
			c.Abort()
			return
		}
		c.Request = passed
		c.Next()
	}
}
