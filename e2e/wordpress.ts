// A WordPress of a test's own: Debian's files, a MariaDB without a port, PHP's own server, and the plugin of examples/wordpress.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './fixtures';

const ROOT = resolve(import.meta.dirname ?? __dirname, '..');
const READY_MS_MAX = 30_000;
export const PLUGIN = join(ROOT, 'examples/wordpress/crease');

/** Where WordPress's files are; undefined on machines that have none. */
export const WORDPRESS = process.env.WORDPRESS_DIR;

export class WordPress {
  readonly password = randomBytes(12).toString('hex');
  url = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'crease-wordpress-'));
  private readonly children: ChildProcess[] = [];

  /** Starts one with the plugin active and nothing set. */
  static async start(): Promise<WordPress> {
    const it = new WordPress();
    try {
      await it.up();
    } catch (error) {
      await it.stop();
      throw error;
    }
    return it;
  }

  /** Runs PHP within WordPress; what it prints. */
  php(code: string): string {
    const script = join(this.folder, 'run.php');
    writeFileSync(script, `<?php define('WP_ADMIN', true); require '${this.site}/wp-load.php';\n${code}\n`);
    return execFileSync('php', ['-d', 'display_errors=stderr', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Publishes a post with this content; its address. */
  post(title: string, content: string): { id: number; url: string } {
    const fields = JSON.stringify({ post_title: title, post_content: content, post_status: 'publish', post_author: 1 });
    const id = Number(this.php(`echo wp_insert_post(wp_slash(json_decode(base64_decode('${Buffer.from(fields).toString('base64')}'), true)), true);`));
    return { id, url: `${this.url}/?p=${id}` };
  }

  async stop(): Promise<void> {
    for (const child of this.children.reverse()) {
      const ended = new Promise((done) => child.once('exit', done));
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get site(): string {
    return join(this.folder, 'site');
  }

  private async up(): Promise<void> {
    if (WORDPRESS === undefined) throw new Error('there is no WordPress');
    const [data, socket] = [join(this.folder, 'data'), join(this.folder, 'sql')];
    const user = process.getuid?.() === 0 ? ['--user=root'] : [];
    execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', ...user], { stdio: 'ignore' });
    this.begin('/usr/sbin/mariadbd', ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--skip-networking', ...user]);
    const sql = (words: string) => execFileSync('mariadb', ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', words], { stdio: 'ignore' });
    await until(() => {
      sql('create database if not exists wordpress');
      return true;
    });
    cpSync(WORDPRESS, this.site, { recursive: true, dereference: true, filter: (from) => !from.endsWith('/wp-config.php') });
    cpSync(PLUGIN, join(this.site, 'wp-content/plugins/crease'), { recursive: true });
    // The smallest theme there is: a head, the text, and the scripts.
    const theme = join(this.site, 'wp-content/themes/paper');
    mkdirSync(theme);
    writeFileSync(join(theme, 'style.css'), '/* Theme Name: Paper */');
    writeFileSync(
      join(theme, 'index.php'),
      `<!doctype html><html <?php language_attributes(); ?>><head><meta name="viewport" content="width=device-width"><?php wp_head(); ?></head>
      <body><?php while (have_posts()) { the_post(); the_title('<h1>', '</h1>'); the_content(); } wp_footer(); ?></body></html>`,
    );
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const facts = { DB_NAME: 'wordpress', DB_USER: 'root', DB_PASSWORD: '', DB_HOST: `localhost:${socket}`, WP_HOME: this.url, WP_SITEURL: this.url };
    const secrets = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'];
    const texts = [...Object.entries(facts), ...secrets.map((it) => [it, randomBytes(16).toString('hex')])];
    const off = ['WP_HTTP_BLOCK_EXTERNAL', 'DISABLE_WP_CRON', 'AUTOMATIC_UPDATER_DISABLED'];
    writeFileSync(
      join(this.site, 'wp-config.php'),
      `<?php ${texts.map(([name, value]) => `define('${name}', '${value}');`).join(' ')} ${off.map((it) => `define('${it}', true);`).join(' ')}
      define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false); define('WP_DEBUG_LOG', '${this.folder}/debug.log');
      $table_prefix = 'wp_'; if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/'); require_once ABSPATH . 'wp-settings.php';`,
    );
    const script = join(this.folder, 'install.php');
    writeFileSync(
      script,
      `<?php define('WP_INSTALLING', true); require '${this.site}/wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php';
      wp_install('The Gazette', 'editor', 'editor@example.com', false, '', '${this.password}');`,
    );
    execFileSync('php', ['-d', 'sendmail_path=/bin/true', script], { stdio: ['ignore', 'ignore', 'inherit'] });
    this.php("switch_theme('paper'); require ABSPATH . 'wp-admin/includes/plugin.php'; $e = activate_plugin('crease/crease.php'); if (is_wp_error($e)) { fwrite(STDERR, $e->get_error_message()); exit(1); }");
    this.begin('php', ['-S', `127.0.0.1:${port}`, '-t', this.site], { PHP_CLI_SERVER_WORKERS: '4' });
    await until(async () => (await fetch(this.url)).ok);
  }

  private begin(program: string, words: string[], environment: Record<string, string> = {}): void {
    const child = spawn(program, words, { stdio: 'ignore', env: { ...process.env, ...environment } });
    child.on('error', (error) => console.error(`${program}: ${error.message}`));
    this.children.push(child);
  }
}

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + READY_MS_MAX;
  for (;;) {
    try {
      if (await fact()) return;
      if (Date.now() > limit) throw new Error(`not so after ${READY_MS_MAX} ms`);
    } catch (error) {
      if (Date.now() > limit) throw error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
