package nginx

import (
	"context"
	"errors"
	"fmt"
)

// install puts files into force, has nginx check them, and takes them back if
// it does not take them.
func (f *Files) install(ctx context.Context, files map[string][]byte) error {
	before, err := f.folder.current()
	if err != nil {
		return err
	}
	version, err := f.folder.write(files)
	if err != nil {
		return err
	}
	if err := f.folder.use(version); err != nil {
		return err
	}
	if err := run(ctx, f.o.Check); err != nil {
		return errors.Join(fmt.Errorf("nginx does not take the new blocks: %w", err), f.takeBack(before, version))
	}
	return f.approve(version)
}

// recover looks after what a process left that was killed: files of which
// nobody knows whether nginx takes them must not meet an nginx that starts.
func (f *Files) recover(ctx context.Context) error {
	version, err1 := f.folder.current()
	checked, err2 := f.folder.checked()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if version == "" || version == checked {
		return f.folder.tidy()
	}
	err := run(ctx, f.o.Check)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return f.approve(version)
	}
	f.o.Log.Warn("blocks that nginx does not take were left in force when the agent was killed: those before are back", "error", err, "dir", f.o.Dir)
	return errors.Join(f.takeBack(checked, version), f.folder.tidy())
}

func (f *Files) approve(version string) error {
	if err := f.folder.approve(version); err != nil {
		return err
	}
	return f.folder.tidy()
}

// takeBack puts what was in force before in the place of what nginx does not
// take.
func (f *Files) takeBack(before, version string) error {
	f.metrics.rejected.Inc()
	return errors.Join(f.folder.use(before), f.folder.reject(version))
}
