import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Flex,
} from '@backstage/ui';
import { type ReactNode, useState } from 'react';
import { customDataTranslationRef } from '../translation';
import { ErrorNotice } from './LoadState';

/**
 * A button that does something only after a dialog has said what will happen.
 * The dialog stays open, with the reason, if it fails.
 */
export function ConfirmDialog(props: {
  /** On the button, as the title, and on the button that does it. */
  label: string;
  /** What will happen. */
  children: ReactNode;
  variant?: 'primary' | 'secondary' | 'tertiary';
  isDisabled?: boolean;
  /** Whether what will happen is known; until then it cannot be done. */
  isReady?: boolean;
  onConfirm: () => Promise<unknown>;
}) {
  const { label, variant = 'secondary' } = props;
  const { t } = useTranslationRef(customDataTranslationRef);
  const [isOpen, setOpen] = useState(false);
  const action = useAction(props.onConfirm, () => setOpen(false));
  const change = (open: boolean) => {
    action.reset();
    setOpen(open);
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={change}>
      <Button variant={variant} isDisabled={props.isDisabled}>
        {label}
      </Button>
      <Dialog>
        <DialogHeader>{label}</DialogHeader>
        <DialogBody>
          <Flex direction="column" gap="4">
            {props.children}
            {action.error && <ErrorNotice error={action.error} />}
          </Flex>
        </DialogBody>
        <DialogFooter>
          <Button
            isPending={action.isRunning}
            isDisabled={props.isReady === false}
            onPress={action.run}
          >
            {label}
          </Button>
          <Button variant="secondary" slot="close">
            {t('shared.cancel')}
          </Button>
        </DialogFooter>
      </Dialog>
    </DialogTrigger>
  );
}

/** Something that a button does once: whether it runs, and why it failed. */
export function useAction(work: () => Promise<unknown>, done?: () => void) {
  const [error, setError] = useState<Error>();
  const [isRunning, setRunning] = useState(false);
  const run = async () => {
    setRunning(true);
    setError(undefined);
    try {
      await work();
      done?.();
    } catch (cause) {
      setError(cause as Error);
    } finally {
      setRunning(false);
    }
  };
  return { error, isRunning, run, reset: () => setError(undefined) };
}
