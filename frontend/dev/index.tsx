import catalogPlugin from '@backstage/plugin-catalog/alpha';
import { createApp } from '@backstage/frontend-defaults';
import '@backstage/ui/css/styles.css';
import ReactDOM from 'react-dom/client';
import customDataPlugin from '../src';

const app = createApp({ features: [catalogPlugin, customDataPlugin] });

ReactDOM.createRoot(document.getElementById('root')!).render(app.createRoot());
