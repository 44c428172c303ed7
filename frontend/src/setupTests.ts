import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// No test depends on the speed of the machine.
configure({ asyncUtilTimeout: 100_000 });
